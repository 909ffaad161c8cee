from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.own import Origins
from workflow.stragglers.sets.exemplars import choose_exemplars
from workflow.stragglers.study.cell import REFERENCE
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import read

with job_log(snakemake.log[0]):
    columns = ["sample_id", "straggler_rate"]
    stragglers = read(snakemake.input.stragglers, columns, dataset=snakemake.params.name, **REFERENCE)
    named = snakemake.input.get("origins")
    origins = Origins.load(named) if named else None
    choose_exemplars(stragglers, Dataset.load(snakemake.input.dataset), origins).save(snakemake.output[0])
