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
