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
    benchmark:
        "results/logs/prepare/{dataset}.tsv"
    priority: 100
    group:
        submitted_with("data")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.prepare),
    params:
        code=code("prepare"),
        specification=lambda wildcards: canonical(
            study.dataset_specification(wildcards.dataset)
        ),
    message:
        "Preparing {wildcards.dataset}"
    script:
        "../scripts/prepare.py"


# The same with wrong labels planted. A rule of its own, too: how they are drawn is nothing to studies without.
flipped_datasets = [
    study.dataset_address(name)
    for name, dataset in study.datasets.items()
    if isinstance(dataset, FlippedDataset)
]


ruleorder: flipped > prepare


rule flipped:
    input:
        ancient(downloaded),
    output:
        "results/runs/{dataset}/dataset.npz",
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/logs/prepare/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(map(re.escape, flipped_datasets)) or "(?!)",
    priority: 100
    group:
        submitted_with("data")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.prepare),
    params:
        code=code("flipped"),
        specification=lambda wildcards: canonical(
            study.dataset_specification(wildcards.dataset)
        ),
    message:
        "Preparing {wildcards.dataset}"
    script:
        "../scripts/flipped.py"


own_datasets = [
    study.dataset_address(name)
    for name, dataset in study.datasets.items()
    if isinstance(dataset, OwnDataset)
]


# The same for data whose samples have an origin and classes with names. A rule of its own: what reads them may change
# without a word to studies of other data.
ruleorder: own > prepare


rule own:
    output:
        dataset="results/runs/{dataset}/dataset.npz",
        origins="results/runs/{dataset}/origins.npz",
    log:
        "results/logs/prepare/{dataset}.log",
    benchmark:
        "results/logs/prepare/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(map(re.escape, own_datasets)) or "(?!)",
    priority: 100
    group:
        submitted_with("data")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.prepare),
    params:
        code=lambda wildcards: code("own", reader_of(wildcards)),
        specification=lambda wildcards: canonical(
            study.dataset_specification(wildcards.dataset)
        ),
    message:
        "Preparing {wildcards.dataset}"
    script:
        "../scripts/own.py"
