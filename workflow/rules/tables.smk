parts = {
    "dynamics": [
        f"results/{run}/dynamics.parquet" for run in all_runs + all_ablations
    ],
    "inversion": [inversion_of(run) for run in all_runs + all_ablations],
    **{
        table: [f"{RESULTS}/{table}/{address}.parquet" for address in study.cells]
        for table in ("stragglers", "conservation", "conservation_peak")
    },
}


rule table:
    input:
        lambda wildcards: parts[wildcards.table],
    output:
        f"{RESULTS}/tables/{{table}}.parquet",
    wildcard_constraints:
        table="|".join(parts),
    params:
        code=code("table"),
    log:
        f"{RESULTS}/logs/table/{{table}}.log",
    message:
        "Table of {wildcards.table}"
    conda:
        ENVIRONMENT
    script:
        "../scripts/table.py"
