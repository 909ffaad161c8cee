import pandas as pd

from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import nested_table

with job_log(snakemake.log[0]):
    nested_table(pd.read_parquet(snakemake.input[0])).to_parquet(snakemake.output[0], index=False)
