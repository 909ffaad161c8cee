# The report itself is made after the workflow: snakemake --report results/<study>/report.html
report: "../report/workflow.rst"


provenance = [
    f"{RESULTS}/provenance/{name}.csv" for name in ("configuration", "software")
]


rule provenance:
    output:
        configuration=report(
            provenance[0],
            caption="../report/configuration.rst",
            category="Provenance",
            labels={"table": "Configuration"},
        ),
        software=report(
            provenance[1],
            caption="../report/software.rst",
            category="Provenance",
            labels={"table": "Versions of software"},
        ),
    log:
        f"{RESULTS}/logs/provenance.log",
    conda:
        ENVIRONMENT
    params:
        code=code("provenance"),
        configuration=json.dumps(config, sort_keys=True),
    message:
        "Configuration and versions"
    script:
        "../scripts/provenance.py"
