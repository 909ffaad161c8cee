from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.sets.exemplars import choose_exemplars
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import read

with job_log(snakemake.log[0]):
    cell = {"dataset": snakemake.params.name, "network": "reference", "optimizer": "gd"}
    stragglers = read(snakemake.input.stragglers, ["sample_id", "straggler_rate"], **cell)
    choose_exemplars(stragglers, Dataset.load(snakemake.input.dataset)).save(snakemake.output[0])
