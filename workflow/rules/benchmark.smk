# Not part of any study: `make benchmark`.
rule benchmark:
    output:
        "results/benchmarks/training.csv",
    log:
        "results/logs/benchmark.log",
    conda:
        ENVIRONMENT
    threads: 64  # capped by --cores: all there are
    params:
        code=code("benchmark"),
    message:
        "Timing the training engine, its baseline and the bare matrix products"
    script:
        "../scripts/benchmark.py"


# How many runs give the conservation curve the precision of 500 independent pairs, on a study's first
# dataset: `snakemake --cores all --configfile config/mnist.yaml -- benchmark_conservation`.
rule benchmark_conservation:
    input:
        dataset=dataset_of(Cell(first, **REFERENCE)),
    output:
        f"results/benchmarks/conservation_{study.name}.csv",
    log:
        f"{RESULTS}/logs/benchmark_conservation.log",
    conda:
        ENVIRONMENT
    threads: 64
    params:
        code=code("benchmark_conservation"),
        specification=lambda wildcards: study.training_specification(
            Cell(first, **REFERENCE)
        ),
        n_runs=400,
    message:
        "Cost of the conservation curve"
    script:
        "../scripts/benchmark_conservation.py"


# Memory of the longest table, that of every run and epoch: `snakemake --cores 1 -- benchmark_tables`.
rule benchmark_tables:
    output:
        "results/benchmarks/tables.csv",
    log:
        "results/logs/benchmark_tables.log",
    conda:
        ENVIRONMENT
    params:
        code=code("benchmark_tables"),
        n_runs=[200, 2_000, 10_000],
        epochs=500,
    message:
        "Memory in which tables are put together and read"
    script:
        "../scripts/benchmark_tables.py"
