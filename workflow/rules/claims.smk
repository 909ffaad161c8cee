rule claims:
    input:
        tables=[
            f"{RESULTS}/tables/{table}.parquet"
            for table in ("inversion", "consensus", "conservation_peak", "ablation")
        ],
        definitions=Path(workflow.basedir, "config/claims.yaml"),
    output:
        parquet=f"{RESULTS}/tables/claims.parquet",
        csv=report(
            f"{RESULTS}/tables/claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "The paper's claims"},
        ),
    params:
        code=code("claims"),
        defining=canonical(study.defining),
        families=list(study.main_datasets.values()),
    log:
        f"{RESULTS}/logs/claims.log",
    message:
        "Verdicts on the paper's claims"
    conda:
        ENVIRONMENT
    script:
        "../scripts/claims.py"
