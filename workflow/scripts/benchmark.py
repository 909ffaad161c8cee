from workflow.stragglers.benchmarks.engine import CASES, benchmark
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text

with job_log(snakemake.log[0]):
    device = snakemake.config["training"].get("device", "auto")
    times = benchmark(CASES, device, snakemake.threads)
    write_text(times.to_csv(index=False, float_format="%.4g"), snakemake.output[0])
