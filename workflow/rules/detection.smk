# The share of runs that invert is asked of every cell, the stragglers of the reference alone.
main_runs = [
    run
    for cell in study.blocks
    if cell.dataset in study.main_datasets
    for run in runs_of(cell)
]
main_reference_runs = [
    run
    for name in study.main_datasets
    if name in with_reference
    for run in runs_of(with_reference[name])
]


rule detection:
    input:
        trajectories=[file for run in main_reference_runs for file in trajectory(run)],
        dynamics=[f"results/{run}/dynamics.parquet" for run in main_runs],
    output:
        table_file("detection"),
    log:
        f"{RESULTS}/logs/detection.log",
    benchmark:
        f"{RESULTS}/logs/detection.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("detection"),
        detection=canonical(study.detection),
        defining=canonical(study.defining),
    message:
        "Inversions under other settings of the rule that finds them"
    script:
        "../scripts/detection.py"
