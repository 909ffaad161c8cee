from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import conservation
from workflow.stragglers.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    table, peak = conservation(read_trajectories(snakemake.input.trajectories))
    table.to_parquet(snakemake.output.table, index=False)
    peak.to_parquet(snakemake.output.peak, index=False)
