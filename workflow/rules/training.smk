rule train:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        [
            f"results/runs/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}/{name}"
            for name in TRAJECTORY
        ],
    params:
        code=code("train"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
        columns=lambda wildcards: study.run_columns(study.cell(wildcards)),
    log:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.log",
    benchmark:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.tsv"
    message:
        "Training {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset}, seeds {wildcards.seeds}"
    threads: lookup(dpath="training/threads", within=config, default=1)
    conda:
        ENVIRONMENT
    script:
        "../scripts/train.py"
