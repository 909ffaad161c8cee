# First among what can run: data that cannot be read must stop a study before anything trains.
rule prepare:
    output:
        "results/runs/{dataset}/dataset.npz",
    params:
        code=code("prepare"),
        specification=lambda wildcards: canonical(
            study.dataset_specification(wildcards.dataset)
        ),
    log:
        "results/logs/prepare/{dataset}.log",
    message:
        "Preparing {wildcards.dataset}"
    priority: 100
    retries: 1
    conda:
        ENVIRONMENT
    script:
        "../scripts/prepare.py"
