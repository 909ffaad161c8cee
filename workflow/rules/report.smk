# The report itself is made after the workflow: snakemake --report results/<study>/report.html
report: "../report/workflow.rst"


pages = {
    name: f"{RESULTS}/pages/{name}.html"
    for name in (
        *(["claims"] if claims_file else []),
        *("configuration", "software"),
    )
}


rule provenance:
    input:
        runs=[f"results/{run}/runs.parquet" for run in all_runs + all_ablations],
    output:
        configuration=report(
            pages["configuration"],
            caption="../report/configuration.rst",
            category="3. Provenance",
            labels={"table": "Configuration"},
        ),
        software=report(
            pages["software"],
            caption="../report/software.rst",
            category="3. Provenance",
            labels={"table": "Versions of software"},
        ),
    log:
        f"{RESULTS}/logs/provenance.log",
    benchmark:
        f"{RESULTS}/logs/provenance.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("provenance"),
        configuration=as_param(config, sort_keys=True),
        datasets=[study.cell_of_run(run).dataset for run in all_runs + all_ablations],
    message:
        "Configuration and versions"
    script:
        "../scripts/provenance.py"
