rule observables:
    input:
        lambda wildcards: trajectory(wildcards.run),
    output:
        "results/{run}/dynamics.parquet",
    params:
        code=code("observables"),
    log:
        "results/logs/observables/{run}.log",
    message:
        "Observables of {wildcards.run}"
    conda:
        ENVIRONMENT
    script:
        "../scripts/observables.py"


rule inversion:
    input:
        "results/{run}/dynamics.parquet",
    output:
        f"{RESULTS}/inversion/{{run}}.parquet",
    params:
        code=code("inversion"),
        detection=canonical(study.detection),
    log:
        f"{RESULTS}/logs/inversion/{{run}}.log",
    message:
        "Inversions of {wildcards.run}"
    conda:
        ENVIRONMENT
    script:
        "../scripts/inversion.py"
