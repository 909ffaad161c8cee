# Why does it turn? Of the reference runs, and of linear networks for what theory says of them.
ledger_runs = [run for cell in with_reference.values() for run in runs_of(cell)]
linear_runs = [
    run
    for cell in study.blocks
    if study.networks[cell.network].activation == "linear"
    for run in runs_of(cell)
]


rule ledger:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        ledger=f"{RESULTS}/ledger/{{run}}.parquet",
        runs=f"{RESULTS}/ledger_runs/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/ledger/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/ledger/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.replay("ledger")),
    params:
        code=code("ledger"),
        specification=lambda wildcards: study.training_specification(
            study.cell_of_run(wildcards.run)
        ),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
        detection=canonical(study.detection),
        defining=canonical(study.defining),
    message:
        "Ledger of {wildcards.run}"
    script:
        "../scripts/ledger.py"


rule vanishing:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        dynamics="results/{run}/dynamics.parquet",
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        f"{RESULTS}/vanishing/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/vanishing/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/vanishing/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("vanishing"),
        scale=lambda wildcards: study.networks[
            study.cell_of_run(wildcards.run).network
        ].scale,
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
        defining=canonical(study.defining),
    message:
        "Linear networks of {wildcards.run}"
    script:
        "../scripts/vanishing.py"
