rule ablate:
    input:
        unpack(
            lambda wildcards: {
                f"{role}_{kind}": files
                for role, runs in repeated(wildcards).items()
                for kind, files in (
                    (
                        "trajectories",
                        [file for run in runs for file in trajectory(run)],
                    ),
                    ("inversions", [inversion_of(run) for run in runs]),
                )
            }
        ),
        dataset="results/runs/{dataset}/dataset.npz",
    output:
        [
            f"{RESULTS}/ablations/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}/{name}"
            for name in TRAJECTORY
        ],
    log:
        f"{RESULTS}/logs/ablate/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}.log",
    benchmark:
        f"{RESULTS}/logs/ablate/{{dataset}}/{{network}}/{{optimizer}}/seeds-{{seeds}}.tsv"
    # Others wait for it: the longest path of the workflow leads through here.
    priority: 50
    retries: RETRIES
    group:
        submitted_with("retrained")
    conda:
        ENVIRONMENT
    threads: lookup(dpath="training/threads", within=config, default=1)
    resources:
        **asks(needs.ablate, trains=True),
    params:
        code=code("ablate"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
        plan=lambda wildcards: canonical(
            study.ablations[study.cell(wildcards), wildcards.seeds]
        ),
        defining=canonical(study.defining),
    message:
        "Retraining {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset} without chosen points, seeds {wildcards.seeds}"
    script:
        "../scripts/ablate.py"


rule ablation:
    input:
        trajectories=[file for run in all_ablations for file in trajectory(run)],
        inversions=[inversion_of(run) for run in all_ablations],
    output:
        table_file("ablation"),
    log:
        f"{RESULTS}/logs/ablation.log",
    benchmark:
        f"{RESULTS}/logs/ablation.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("ablation"),
        defining=canonical(study.defining),
    message:
        "Table of ablations"
    script:
        "../scripts/ablation.py"
