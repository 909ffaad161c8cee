# What sets φ? One row of each dataset with reference runs: what it is like, and where they invert.
task_cells = {
    address: cell
    for address, cell in study.cells.items()
    if cell.network == REFERENCE["network"] and cell.optimizer == REFERENCE["optimizer"]
}


def data_title(dataset):
    """What a dataset's data are called, whatever its task: the title of the first entry with this source."""
    for name, entry in config["datasets"].items():
        if (entry["source"], entry.get("file")) == (dataset.source, dataset.file):
            return entry.get("title", name)


rule tasks:
    input:
        lambda wildcards: [
            file for run in runs_of(study.cell(wildcards)) for file in trajectory(run)
        ],
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        f"{RESULTS}/tasks/{{dataset}}/{{network}}/{{optimizer}}.parquet",
    log:
        f"{RESULTS}/logs/tasks/{{dataset}}/{{network}}/{{optimizer}}.log",
    benchmark:
        f"{RESULTS}/logs/tasks/{{dataset}}/{{network}}/{{optimizer}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.stragglers),
    params:
        code=code("tasks"),
        address=lambda wildcards: study.run_columns(study.cell(wildcards)),
        name=lambda wildcards: study.titles[study.cell(wildcards).dataset],
        data=lambda wildcards: data_title(study.datasets[study.cell(wildcards).dataset]),
        task=lambda wildcards: as_param(
            study.datasets[study.cell(wildcards).dataset].task
        ),
        detection=canonical(study.detection),
        defining=canonical(study.defining),
    message:
        "Predictors and inversions of {wildcards.dataset}"
    script:
        "../scripts/tasks.py"
