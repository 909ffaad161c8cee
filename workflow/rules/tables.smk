from workflow.stragglers.analysis.derived import DERIVED

# Table -> its parts of untouched runs, and those of ablations.
parts = {
    "dynamics": (
        [f"results/{run}/dynamics.parquet" for run in all_runs],
        [f"results/{run}/dynamics.parquet" for run in all_ablations],
    ),
    # Of many groups it is large, and of retrained runs nobody asks for it.
    "manifolds": ([f"results/{run}/manifolds.parquet" for run in all_runs], []),
    "inversion": (
        [inversion_of(run) for run in all_runs],
        [inversion_of(run) for run in all_ablations],
    ),
    **{
        table: ([f"{RESULTS}/{table}/{address}.parquet" for address in study.cells], [])
        for table in ("stragglers", "consensus", "conservation", "conservation_peak")
    },
}

# All that the study leaves; the last two only where it judges claims, and has planted data.
tables = [
    *parts,
    *DERIVED,
    *("overlap", "ablation", "linear", "detection"),
    *(["claims"] if claims_file else []),
    *(["planted"] if planted else []),
]


rule table:
    input:
        untouched=lambda wildcards: parts[wildcards.table][0],
        ablated=lambda wildcards: parts[wildcards.table][1],
    output:
        f"{RESULTS}/tables/{{table}}.parquet",
    log:
        f"{RESULTS}/logs/table/{{table}}.log",
    benchmark:
        f"{RESULTS}/logs/table/{{table}}.tsv"
    wildcard_constraints:
        table="|".join(parts),
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("table"),
    message:
        "Table of {wildcards.table}"
    script:
        "../scripts/table.py"


rule derived:
    input:
        unpack(
            lambda wildcards: {
                table: table_file(table) for table in DERIVED[wildcards.table]
            }
        ),
    output:
        f"{RESULTS}/tables/{{table}}.parquet",
    log:
        f"{RESULTS}/logs/{{table}}.log",
    benchmark:
        f"{RESULTS}/logs/{{table}}.tsv"
    wildcard_constraints:
        table="|".join(DERIVED),
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=lambda wildcards: code("derived", f"analysis.{wildcards.table}.derive"),
        subject=as_param(asdict(about(families))),
    message:
        "Table of {wildcards.table}"
    script:
        "../scripts/derived.py"
