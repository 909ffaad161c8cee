from importlib import import_module

from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.tables.subject import Subject

with job_log(snakemake.log[0]):
    table = import_module(f"workflow.stragglers.analysis.{snakemake.wildcards.table}")
    made = table.derive(dict(snakemake.input.items()), Subject.from_json(snakemake.params.subject))
    write_table(made, snakemake.output[0])
