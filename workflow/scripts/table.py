import pandas as pd

from workflow.stragglers.jobs import job_log

with job_log(snakemake.log[0]):
    parts = [pd.read_parquet(part) for part in snakemake.input]
    pd.concat(parts, ignore_index=True).to_parquet(snakemake.output[0], index=False)
