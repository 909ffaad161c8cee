# Table -> its parts of untouched runs, and those of ablations.
parts = {
    "dynamics": (
        [f"results/{run}/dynamics.parquet" for run in all_runs],
        [f"results/{run}/dynamics.parquet" for run in all_ablations],
    ),
    "manifolds": (
        [f"results/{run}/manifolds.parquet" for run in all_runs],
        [f"results/{run}/manifolds.parquet" for run in all_ablations],
    ),
    "inversion": (
        [inversion_of(run) for run in all_runs],
        [inversion_of(run) for run in all_ablations],
    ),
    **{
        table: ([f"{RESULTS}/{table}/{address}.parquet" for address in study.cells], [])
        for table in ("stragglers", "consensus", "conservation", "conservation_peak")
    },
}


tables = [
    table_file(table)
    for table in (*parts, "overlap", "ablation", "nested", "variance", "claims")
]


rule table:
    input:
        untouched=lambda wildcards: parts[wildcards.table][0],
        ablated=lambda wildcards: parts[wildcards.table][1],
    output:
        f"{RESULTS}/tables/{{table}}.parquet",
    log:
        f"{RESULTS}/logs/table/{{table}}.log",
    wildcard_constraints:
        table="|".join(parts),
    conda:
        ENVIRONMENT
    params:
        code=code("table"),
    message:
        "Table of {wildcards.table}"
    script:
        "../scripts/table.py"


rule nested:
    input:
        table_file("stragglers"),
    output:
        table_file("nested"),
    log:
        f"{RESULTS}/logs/nested.log",
    conda:
        ENVIRONMENT
    params:
        code=code("nested"),
    message:
        "Stragglers of training sets inside larger ones"
    script:
        "../scripts/nested.py"


rule variance:
    input:
        table_file("inversion"),
    output:
        table_file("variance"),
    log:
        f"{RESULTS}/logs/variance.log",
    conda:
        ENVIRONMENT
    params:
        code=code("variance"),
        defining=canonical(study.defining),
        datasets=list(study.main_datasets),
        orders=study.batch_orders,
    message:
        "Variance of the inversion over datasets, optimisers and seeds"
    script:
        "../scripts/variance.py"
