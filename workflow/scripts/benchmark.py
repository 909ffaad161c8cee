from workflow.stragglers.benchmark import CASES, benchmark
from workflow.stragglers.jobs import job_log

with job_log(snakemake.log[0]):
    device = snakemake.config["training"].get("device", "auto")
    benchmark(CASES, device, snakemake.threads).to_csv(snakemake.output[0], index=False, float_format="%.4g")
