# Once a source, however many subsets of it are prepared. No `code`: whoever reads the files checks them.
rule download:
    output:
        "results/runs/{source}.downloaded",
    log:
        "results/logs/download/{source}.log",
    wildcard_constraints:
        source="|".join(OFFICIAL),
    priority: 100
    retries: 2
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Official files of {wildcards.source}"
    script:
        "../scripts/download.py"


# First among what can run: data that cannot be read must stop a study before anything trains.
rule prepare:
    input:
        ancient(downloaded),
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
