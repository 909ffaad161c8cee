from workflow.stragglers.sets.overlap import overlap_table
from workflow.stragglers.sets.stragglers import StragglerSets
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table

with job_log(snakemake.log[0]):
    sets = [StragglerSets.load(file) for file in snakemake.input]
    write_table(overlap_table(snakemake.params.cells, sets), snakemake.output[0])
