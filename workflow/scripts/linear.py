from workflow.stragglers.analysis.linear import fit_all
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_arrays, write_table

with job_log(snakemake.log[0]):
    table, mistakes = fit_all(Dataset.load(snakemake.input.dataset))
    write_table(table, snakemake.output.table)
    write_arrays(mistakes, snakemake.output.mistakes)
