# Only for studies with planted datasets, whose truth is known.
planted = [
    name
    for name, dataset in study.datasets.items()
    if dataset.planted and Cell(name, **REFERENCE) in study.blocks
]


rule planted:
    input:
        datasets=[
            f"results/runs/{study.dataset_address(name)}/dataset.npz"
            for name in planted
        ],
        inversion=table_file("inversion"),
        stragglers=table_file("stragglers"),
        ablation=table_file("ablation"),
    output:
        table_file("planted"),
    log:
        f"{RESULTS}/logs/planted.log",
    benchmark:
        f"{RESULTS}/logs/planted.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("planted"),
        defining=canonical(study.defining),
        laws={name: study.datasets[name].planted for name in planted},
    message:
        "Table of planted datasets"
    script:
        "../scripts/planted.py"
