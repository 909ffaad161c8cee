# Which points matter? Of the reference runs, and of other networks on the same points.
SCORE_TABLES = [table for table in QUESTIONS["scores"] if table != "score_removal"]
# Dataset -> the cells whose runs' scores of its points are compared, the reference first.
score_cells = {
    name: [cell, *(Cell(name, network, cell.optimizer) for network in study.networks)]
    for name, cell in with_reference.items()
}
score_cells = {
    name: [cell for cell in dict.fromkeys(cells) if cell in study.blocks]
    for name, cells in score_cells.items()
}
score_datasets = {study.dataset_address(name): name for name in score_cells}


rule score_runs:
    input:
        lambda wildcards: trajectory(wildcards.run),
        dataset=lambda wildcards: dataset_of(study.cell_of_run(wildcards.run)),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        f"{RESULTS}/scores/{{run}}.npz",
    log:
        f"{RESULTS}/logs/score_runs/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/score_runs/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.replay("score_runs")),
    params:
        code=code("score_runs"),
        specification=lambda wildcards: study.training_specification(
            study.cell_of_run(wildcards.run)
        ),
        defining=canonical(study.defining),
    message:
        "How hard {wildcards.run} find their points"
    script:
        "../scripts/score_runs.py"


rule score_margins:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        "results/runs/{dataset}/score_margins.npz",
    log:
        "results/logs/score_margins/{dataset}.log",
    benchmark:
        "results/logs/score_margins/{dataset}.tsv"
    retries: RETRIES
    group:
        submitted_with("linear")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.score_margins),
    params:
        code=code("score_margins"),
    message:
        "Linear margins and quality of labels on {wildcards.dataset}"
    script:
        "../scripts/score_margins.py"


rule scores:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
        margins="results/runs/{dataset}/score_margins.npz",
        runs=lambda wildcards: [
            f"{RESULTS}/scores/{run}.npz"
            for cell in score_cells[score_datasets[wildcards.dataset]]
            for run in runs_of(cell)
        ],
    output:
        **{table: f"{RESULTS}/{table}/{{dataset}}.parquet" for table in SCORE_TABLES},
    log:
        f"{RESULTS}/logs/scores/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/logs/scores/{{dataset}}.tsv"
    retries: RETRIES
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("scores"),
        networks=lambda wildcards: [
            cell.network
            for cell in score_cells[score_datasets[wildcards.dataset]]
            for _ in study.blocks[cell]
        ],
        addresses=lambda wildcards: [
            study.run_columns(cell)
            for cell in score_cells[score_datasets[wildcards.dataset]]
        ],
    message:
        "Scores of {wildcards.dataset} beside each other"
    script:
        "../scripts/scores.py"


rule score_ablate:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
        scores=f"{RESULTS}/scores/{{dataset}}.parquet",
        summary=f"{RESULTS}/score_summary/{{dataset}}.parquet",
    output:
        [
            f"{RESULTS}/removals/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}/{name}"
            for name in TRAJECTORY
        ],
    log:
        f"{RESULTS}/logs/score_ablate/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}.log",
    benchmark:
        f"{RESULTS}/logs/score_ablate/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}.tsv"
    retries: RETRIES
    group:
        submitted_with("retrained")
    conda:
        ENVIRONMENT
    threads: lookup(dpath="training/threads", within=config, default=1)
    resources:
        **asks(needs.ablate, trains=True),
    params:
        code=code("score_ablate"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
        plan=lambda wildcards: canonical(
            study.ablations[study.cell(wildcards), wildcards.seeds]
        ),
    message:
        "Retraining on {wildcards.dataset} without the hardest points by each score, seeds {wildcards.seeds}"
    script:
        "../scripts/score_ablate.py"


rule score_removal:
    input:
        lambda wildcards: trajectory(wildcards.run),
        inversions=lambda wildcards: inversion_of(wildcards.run),
    output:
        f"{RESULTS}/score_removal/{{run}}.parquet",
    log:
        f"{RESULTS}/logs/score_removal/{{run}}.log",
    benchmark:
        f"{RESULTS}/logs/score_removal/{{run}}.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.observables),
    params:
        code=code("score_removal"),
        defining=canonical(study.defining),
    message:
        "Removals by score of {wildcards.run}"
    script:
        "../scripts/score_removal.py"
