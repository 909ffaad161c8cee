trained = [
    f"results/runs/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}/{name}"
    for name in TRAJECTORY
]


rule train:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        trained,
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


# The same until the inversions are decided. A rule of its own: how that is told trains nothing else again.
ruleorder: train_until > train


rule train_until:
    input:
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        trained,
    log:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.log",
    benchmark:
        "results/logs/train/{dataset}/{network}/{optimizer}/seeds-{seeds}.tsv"
    wildcard_constraints:
        dataset="[^/]+" if study.decision else "(?!)",
    retries: RETRIES
    group:
        submitted_with("runs")
    conda:
        ENVIRONMENT
    threads: lookup(dpath="training/threads", within=config, default=1)
    resources:
        **asks(needs.train, trains=True),
    params:
        code=code("train_until"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
        decision=canonical(*study.decision),
    message:
        "Training {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset}, seeds {wildcards.seeds}"
    script:
        "../scripts/train_until.py"
