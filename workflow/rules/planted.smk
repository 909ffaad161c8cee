# Only for studies with planted datasets, whose truth is known.
planted = [
    name
    for name, dataset in study.datasets.items()
    if dataset.planted and Cell(name, **REFERENCE) in study.blocks
]
supplement += (
    [
        table_file("planted"),
        *(f"{RESULTS}/figures/figs1_planted.{kind}" for kind in ("pdf", "png")),
    ]
    if planted
    else []
)


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
    conda:
        ENVIRONMENT
    params:
        code=code("planted"),
        defining=canonical(study.defining),
        laws={name: study.datasets[name].planted for name in planted},
    message:
        "Table of planted datasets"
    script:
        "../scripts/planted.py"


rule figs1_planted:
    input:
        planted=table_file("planted"),
        caption=caption("figs1_planted"),
    output:
        **drawn("figs1_planted", "S1: planted stragglers"),
    log:
        f"{RESULTS}/logs/figs1_planted.log",
    conda:
        ENVIRONMENT
    params:
        code=code("figs1_planted"),
        defining=canonical(study.defining),
        titles=as_param(study.titles),
    message:
        "Figure S1: planted stragglers"
    script:
        "../scripts/figs1_planted.py"
