# Do convolutional networks invert? Of all runs, and of those on data with flips, what is misclassified when.
flipped_runs = [
    run
    for cell in study.blocks
    if isinstance(study.datasets[cell.dataset], FlippedDataset)
    for run in runs_of(cell)
]


rule convolutions:
    input:
        dynamics="results/{run}/dynamics.parquet",
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        runs=f"{RESULTS}/convolutions/{{run}}.parquet",
        power=f"{RESULTS}/convolutions_power/{{run}}.parquet",
        curves=f"{RESULTS}/convolutions_curves/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/convolutions/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/convolutions/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("convolutions"),
        detection=canonical(study.detection),
    message:
        "Turns of {wildcards.run}, and what would have been found"
    script:
        "../scripts/convolutions.py"


rule convolutions_flips:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        f"{RESULTS}/convolutions_flips/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/convolutions_flips/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/convolutions_flips/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("convolutions_flips"),
        detection=canonical(study.detection),
        defining=canonical(study.defining),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
    message:
        "Flips in {wildcards.run}"
    script:
        "../scripts/convolutions_flips.py"
