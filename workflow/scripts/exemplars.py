from workflow.stragglers.datasets import Dataset
from workflow.stragglers.exemplars import choose_exemplars
from workflow.stragglers.figure_tables import read
from workflow.stragglers.jobs import job_log

with job_log(snakemake.log[0]):
    cell = {"dataset": snakemake.params.name, "network": "reference", "optimizer": "gd"}
    stragglers = read(snakemake.input.stragglers, ["sample_id", "straggler_rate"], **cell)
    choose_exemplars(stragglers, Dataset.load(snakemake.input.dataset)).save(snakemake.output[0])
