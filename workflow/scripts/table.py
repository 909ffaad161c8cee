import pandas as pd

from workflow.stragglers.jobs import job_log

with job_log(snakemake.log[0]):
    untouched = [pd.read_parquet(part) for part in snakemake.input.untouched]
    # A retrained control repeats an untouched run, which would stand here twice.
    ablated = [pd.read_parquet(part).query("removed != 'none'") for part in snakemake.input.ablated]
    pd.concat(untouched + ablated, ignore_index=True).to_parquet(snakemake.output[0], index=False)
