# Of ten classes; their parity is there to be compared with.
judged = [
    family
    for family in families
    if study.question != "classes" or study.datasets[family[0]].of_many_groups
]

# Only for studies that judge claims.
if claims_file:

    rule claims:
        input:
            tables=lambda wildcards: list(map(table_file, tables_of_claims())),
            definitions=claims_file,
        output:
            parquet=table_file("claims"),
            csv=f"{RESULTS}/tables/claims.csv",
            page=report(
                f"{RESULTS}/pages/claims.html",
                caption="../report/claims.rst",
                category="2. Claims",
                labels={"table": "Claims and verdicts"},
            ),
        log:
            f"{RESULTS}/logs/claims.log",
        benchmark:
            f"{RESULTS}/logs/claims.tsv"
        retries: RETRIES
        group:
            submitted_with("tables")
        conda:
            ENVIRONMENT
        resources:
            **asks(needs.summary),
        params:
            code=code("claims"),
            defining=canonical(study.defining),
            families=judged,
            orders=study.batch_orders,
        message:
            "Verdicts on claims"
        script:
            "../scripts/claims.py"
