# The report itself is made after the workflow: snakemake --report results/<study>/report.html
report: "../report/workflow.rst"


rule provenance:
    output:
        configuration=report(
            f"{RESULTS}/provenance/configuration.csv",
            caption="../report/configuration.rst",
            category="Provenance",
            labels={"table": "Configuration"},
        ),
        software=report(
            f"{RESULTS}/provenance/software.csv",
            caption="../report/software.rst",
            category="Provenance",
            labels={"table": "Versions of software"},
        ),
    params:
        code=code("provenance"),
        configuration=json.dumps(config, sort_keys=True),
    log:
        f"{RESULTS}/logs/provenance.log",
    message:
        "Configuration and versions"
    conda:
        ENVIRONMENT
    script:
        "../scripts/provenance.py"
