# First among what can run: data that cannot be read must stop a study before anything trains.
rule prepare:
    output:
        "results/runs/{dataset}/dataset.npz",
    log:
        "results/logs/prepare/{dataset}.log",
    priority: 100
    conda:
        ENVIRONMENT
    params:
        code=code("prepare"),
        specification=lambda wildcards: canonical(
            study.dataset_specification(wildcards.dataset)
        ),
    message:
        "Preparing {wildcards.dataset}"
    script:
        "../scripts/prepare.py"
