from workflow.stragglers.analysis.evidence import TABLES as TABLES_OF_CLAIMS


rule claims:
    input:
        tables=[table_file(table) for table in TABLES_OF_CLAIMS],
        definitions=CHECKOUT / "config/claims.yaml",
    output:
        parquet=table_file("claims"),
        csv=f"{RESULTS}/tables/claims.csv",
        page=report(
            f"{RESULTS}/pages/claims.html",
            caption="../report/claims.rst",
            category="2. Claims",
            labels={"table": "The paper's claims"},
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
        families=families,
        orders=study.batch_orders,
    message:
        "Verdicts on the paper's claims"
    script:
        "../scripts/claims.py"
