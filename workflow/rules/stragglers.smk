rule stragglers:
    input:
        dataset=lambda wildcards: dataset_of(study.cell(wildcards)),
        trajectories=lambda wildcards: [
            file for run in runs_of(study.cell(wildcards)) for file in trajectory(run)
        ],
        inversions=lambda wildcards: [
            inversion_of(run) for run in runs_of(study.cell(wildcards))
        ],
    output:
        table=f"{RESULTS}/stragglers/{{dataset}}/{{network}}/{{optimizer}}.parquet",
        sets=f"{RESULTS}/stragglers/{{dataset}}/{{network}}/{{optimizer}}.npz",
        consensus=f"{RESULTS}/consensus/{{dataset}}/{{network}}/{{optimizer}}.parquet",
    log:
        f"{RESULTS}/logs/stragglers/{{dataset}}/{{network}}/{{optimizer}}.log",
    benchmark:
        f"{RESULTS}/logs/stragglers/{{dataset}}/{{network}}/{{optimizer}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.stragglers),
    params:
        code=code("stragglers"),
        defining=canonical(study.defining),
    message:
        "Stragglers of {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset}"
    script:
        "../scripts/stragglers.py"


rule conservation:
    input:
        dataset=lambda wildcards: dataset_of(study.cell(wildcards)),
        trajectories=lambda wildcards: [
            file for run in runs_of(study.cell(wildcards)) for file in trajectory(run)
        ],
    output:
        table=f"{RESULTS}/conservation/{{dataset}}/{{network}}/{{optimizer}}.parquet",
        peak=f"{RESULTS}/conservation_peak/{{dataset}}/{{network}}/{{optimizer}}.parquet",
    log:
        f"{RESULTS}/logs/conservation/{{dataset}}/{{network}}/{{optimizer}}.log",
    benchmark:
        f"{RESULTS}/logs/conservation/{{dataset}}/{{network}}/{{optimizer}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.stragglers),
    params:
        code=code("conservation"),
        address=lambda wildcards: study.run_columns(study.cell(wildcards)),
    message:
        "Conservation of {wildcards.network} with {wildcards.optimizer} on {wildcards.dataset}"
    script:
        "../scripts/conservation.py"


rule overlap:
    input:
        [f"{RESULTS}/stragglers/{address}.npz" for address in study.cells],
    output:
        table_file("overlap"),
    log:
        f"{RESULTS}/logs/overlap.log",
    benchmark:
        f"{RESULTS}/logs/overlap.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("overlap"),
        cells=[study.run_columns(cell) for cell in study.cells.values()],
    message:
        "Overlap of straggler sets between networks and optimisers"
    script:
        "../scripts/overlap.py"


rule predictions:
    input:
        dataset=lambda wildcards: dataset_of(study.cell(wildcards)),
        trajectories=lambda wildcards: [
            file for run in runs_of(study.cell(wildcards)) for file in trajectory(run)
        ],
        inversions=lambda wildcards: [
            inversion_of(run) for run in runs_of(study.cell(wildcards))
        ],
    output:
        f"{RESULTS}/predictions/{{dataset}}/{{network}}/{{optimizer}}.npz",
    log:
        f"{RESULTS}/logs/predictions/{{dataset}}/{{network}}/{{optimizer}}.log",
    benchmark:
        f"{RESULTS}/logs/predictions/{{dataset}}/{{network}}/{{optimizer}}.tsv"
    retries: RETRIES
    group:
        submitted_with("sets")
    conda:
        ENVIRONMENT
    threads: lookup(dpath="training/threads", within=config, default=1)
    resources:
        **asks(needs.predict),
    params:
        code=code("predictions"),
        specification=lambda wildcards: study.training_specification(
            study.cell(wildcards)
        ),
        defining=canonical(study.defining),
    message:
        "What {wildcards.network} with {wildcards.optimizer} takes samples of {wildcards.dataset} for"
    script:
        "../scripts/predictions.py"


rule listing:
    input:
        unpack(lambda wildcards: listed_from(listed)),
    output:
        csv=f"{RESULTS}/stragglers.csv",
        parquet=f"{RESULTS}/stragglers.parquet",
        words=f"{RESULTS}/stragglers.txt",
    log:
        f"{RESULTS}/logs/listing.log",
    benchmark:
        f"{RESULTS}/logs/listing.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("listing"),
        most_epochs=study.protocol.epochs if study.decision else None,
    message:
        f"Samples of {listed.dataset}, the most suspicious first"
    script:
        "../scripts/listing.py"
