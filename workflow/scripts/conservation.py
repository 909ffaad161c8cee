from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import conservation
from workflow.stragglers.sealed import write_table
from workflow.stragglers.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    table, peak = conservation(read_trajectories(snakemake.input.trajectories))
    write_table(table, snakemake.output.table)
    write_table(peak, snakemake.output.peak)
