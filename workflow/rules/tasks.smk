from workflow.stragglers.study.entries import data_titles

# What sets φ? One row of each dataset with reference runs: what it is like, and where they invert.
task_cells = {
    address: cell
    for address, cell in study.cells.items()
    if cell.network == REFERENCE["network"] and cell.optimizer == REFERENCE["optimizer"]
}
named_data = data_titles(config["datasets"])
natures = {
    name: {
        "name": study.titles[name],
        "data": named_data[name],
        "task": dataset.task,
    }
    for name, dataset in study.datasets.items()
}


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
        **asks(needs.tasks),
    params:
        code=code("tasks"),
        address=lambda wildcards: study.run_columns(study.cell(wildcards)),
        task=as_param(lambda wildcards: natures[study.cell(wildcards).dataset]),
        detection=canonical(study.detection),
        defining=canonical(study.defining),
    message:
        "Predictors and inversions of {wildcards.dataset}"
    script:
        "../scripts/tasks.py"
