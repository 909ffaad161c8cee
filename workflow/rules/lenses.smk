# Do other lenses see it? Of the reference runs, trained once more; of each dataset's first block, maps, too.
lenses_runs = [run for cell in with_reference.values() for run in runs_of(cell)]
lenses_mapped = [runs_of(cell)[0] for cell in with_reference.values()]


rule lenses:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        lenses=f"{RESULTS}/lenses/{{run}}.parquet",
        turns=f"{RESULTS}/lenses_turns/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/lenses/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/lenses/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.replay("lenses")),
    params:
        code=code("lenses"),
        specification=lambda wildcards: study.training_specification(
            study.cell_of_run(wildcards.run)
        ),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
        defining=canonical(study.defining),
    message:
        "Lenses on {wildcards.run}"
    script:
        "../scripts/lenses.py"


rule lenses_maps:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        f"{RESULTS}/lenses_maps/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/lenses_maps/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/lenses_maps/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.replay("lenses_maps")),
    params:
        code=code("lenses_maps"),
        specification=lambda wildcards: study.training_specification(
            study.cell_of_run(wildcards.run)
        ),
        address=lambda wildcards: study.run_columns(study.cell_of_run(wildcards.run)),
        defining=canonical(study.defining),
    message:
        "Maps of {wildcards.run}"
    script:
        "../scripts/lenses_maps.py"
