# Every dataset of a family -> the cell of its reference runs, which it need not have.
reference_cells = {
    name: Cell(name, **REFERENCE)
    for family in study.main_datasets.values()
    for name in family
}
with_reference = {
    name: cell for name, cell in reference_cells.items() if cell in study.blocks
}


rule linear:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        table="results/runs/{dataset}/linear.parquet",
        mistakes="results/runs/{dataset}/linear.npz",
    log:
        "results/logs/linear/{dataset}.log",
    benchmark:
        "results/logs/linear/{dataset}.tsv"
    retries: RETRIES
    group:
        submitted_with("linear")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.linear),
    params:
        code=code("linear"),
    message:
        "Linear classifiers on {wildcards.dataset}"
    script:
        "../scripts/linear.py"


rule linear_table:
    input:
        fits=[
            f"results/runs/{study.dataset_address(name)}/linear.parquet"
            for name in reference_cells
        ],
        mistakes=[
            f"results/runs/{study.dataset_address(name)}/linear.npz"
            for name in reference_cells
        ],
        sets=[
            f"{RESULTS}/stragglers/{study.cell_address(cell)}.npz"
            for cell in with_reference.values()
        ],
        inversion=table_file("inversion"),
        overlap=table_file("overlap"),
    output:
        table_file("linear"),
    log:
        f"{RESULTS}/logs/linear_table.log",
    benchmark:
        f"{RESULTS}/logs/linear_table.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("linear_table"),
        defining=canonical(study.defining),
        datasets=[study.run_columns(cell) for cell in reference_cells.values()],
        straggling=list(with_reference),
    message:
        "Table of linear classifiers"
    script:
        "../scripts/linear_table.py"
