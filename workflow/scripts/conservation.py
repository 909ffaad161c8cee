from workflow.stragglers.sets.conservation import conservation
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    table, peak = conservation(read_trajectories(snakemake.input.trajectories), snakemake.params.address)
    write_table(table, snakemake.output.table)
    write_table(peak, snakemake.output.peak)
