rule train:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        [
            f"results/runs/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}/{name}"
            for name in TRAJECTORY
        ],
    log:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.log",
    benchmark:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.tsv"
    retries: RETRIES
    group:
        submitted_with("runs")
    conda:
        ENVIRONMENT
    threads: lookup(dpath="training/threads", within=config, default=1)
    resources:
        **asks(needs.train, trains=True),
    params:
        code=code("train"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
    message:
        "Training {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset}, seeds {wildcards.seeds}"
    script:
        "../scripts/train.py"
