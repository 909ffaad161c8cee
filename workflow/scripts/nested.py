from workflow.stragglers.sets.stragglers import nested_table
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table

with job_log(snakemake.log[0]):
    write_table(nested_table(read_table(snakemake.input[0])), snakemake.output[0])
