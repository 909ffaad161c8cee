from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import nested_table
from workflow.stragglers.sealed import read_table, write_table

with job_log(snakemake.log[0]):
    write_table(nested_table(read_table(snakemake.input[0])), snakemake.output[0])
