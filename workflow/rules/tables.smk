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
# Those of questions, which other studies do not leave.
parts_of_questions = {
    **{
        table: (
            [f"{RESULTS}/{table}/{address}.parquet" for address in score_datasets],
            [],
        )
        for table in SCORE_TABLES
    },
    "classes_points": (
        [
            f"{RESULTS}/classes_points/{study.cell_address(cell)}.parquet"
            for cell in parity_of
        ],
        [],
    ),
    "score_removal": (
        [f"{RESULTS}/score_removal/{run}.parquet" for run in all_ablations],
        [],
    ),
    **{
        table: ([f"{RESULTS}/{table}/{run}.parquet" for run in ledger_runs], [])
        for table in ("ledger", "ledger_runs")
    },
    **{
        table: ([f"{RESULTS}/{table}/{run}.parquet" for run in lenses_runs], [])
        for table in ("lenses", "lenses_turns")
    },
    "lenses_maps": (
        [f"{RESULTS}/lenses_maps/{run}.parquet" for run in lenses_mapped],
        [],
    ),
    "vanishing": ([f"{RESULTS}/vanishing/{run}.parquet" for run in linear_runs], []),
    "tasks": ([f"{RESULTS}/tasks/{address}.parquet" for address in task_cells], []),
    **{
        table: ([f"{RESULTS}/{table}/{run}.parquet" for run in all_runs], [])
        for table in ("convolutions", "convolutions_power", "convolutions_curves")
    },
    "convolutions_flips": (
        [f"{RESULTS}/convolutions_flips/{run}.parquet" for run in flipped_runs],
        [],
    ),
}

# Those that a rule of their own makes, the last of planted data only.
OTHER_TABLES = ("overlap", "ablation", "linear", "detection", "planted")
of_questions = {table for named in QUESTIONS.values() for table in named}
# All that the study leaves.
tables = [
    *QUESTIONS.get(
        study.question,
        [
            table
            for table in (*parts, *DERIVED, *OTHER_TABLES)
            if table not in of_questions
        ],
    ),
    *(["claims"] if claims_file else []),
]
if not planted:
    tables = [table for table in tables if table != "planted"]
parts |= parts_of_questions


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
