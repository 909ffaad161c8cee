rule observables:
    input:
        lambda wildcards: trajectory(wildcards.run),
    output:
        dynamics="results/{run}/dynamics.parquet",
        manifolds="results/{run}/manifolds.parquet",
    log:
        "results/logs/observables/{run}.log",
    benchmark:
        "results/logs/observables/{run}.tsv"
    retries: RETRIES
    group:
        lambda wildcards: group_of_run(wildcards.run)
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("observables"),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
    message:
        "Observables of {wildcards.run}"
    script:
        "../scripts/observables.py"


# Not from `dynamics`: another observable there makes no inversion anew, and so no retraining that rests on it.
rule inversion:
    input:
        lambda wildcards: trajectory(wildcards.run),
    output:
        f"{RESULTS}/inversion/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/inversion/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/inversion/{{run}}.tsv"
    retries: RETRIES
    group:
        lambda wildcards: group_of_run(wildcards.run)
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("inversion"),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
        detection=canonical(study.detection),
    message:
        "Inversions of {wildcards.run}"
    script:
        "../scripts/inversion.py"
