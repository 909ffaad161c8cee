import numpy as np

from workflow.stragglers.datasets import Dataset
from workflow.stragglers.jobs import job_log
from workflow.stragglers.linear import fit_all

with job_log(snakemake.log[0]):
    table, mistakes = fit_all(Dataset.load(snakemake.input.dataset))
    table.to_parquet(snakemake.output.table, index=False)
    np.savez(snakemake.output.mistakes, **mistakes)
