# Does it hold for ten classes? Their reference runs beside those of parity on the same images.
parity_of = {
    cell: other
    for cell in with_reference.values()
    for other in with_reference.values()
    if study.datasets[cell.dataset].task == "classes"
    and replace(study.datasets[cell.dataset], task="parity")
    == study.datasets[other.dataset]
}
if study.question == "classes" and not parity_of:
    sys.exit(
        "Error: config, question: classes compares `task: classes` with `task: parity` of the same images (add such a dataset, and reference runs of both)"
    )


rule classes_points:
    input:
        unpack(lambda wildcards: both_tasks(study.cell(wildcards))),
    output:
        f"{RESULTS}/classes_points/{{dataset}}/{{network}}/{{optimizer}}.parquet",
    log:
        f"{RESULTS}/logs/classes_points/{{dataset}}/{{network}}/{{optimizer}}.log",
    benchmark:
        f"{RESULTS}/logs/classes_points/{{dataset}}/{{network}}/{{optimizer}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.stragglers),
    params:
        code=code("classes_points"),
        address=lambda wildcards: study.run_columns(study.cell(wildcards)),
        defining=canonical(study.defining),
    message:
        "Stragglers of {wildcards.dataset} beside those of parity"
    script:
        "../scripts/classes_points.py"
