from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.parts import combine

with job_log(snakemake.log[0]):
    # A retrained control repeats an untouched run, which would stand here twice.
    combine(snakemake.input.untouched, snakemake.output[0], repeats=snakemake.input.ablated)
