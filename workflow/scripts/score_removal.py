from workflow.stragglers.analysis.score_removal import score_removal_table
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    table = score_removal_table(
        read_trajectories(snakemake.input.trajectories),
        [read_table(file) for file in snakemake.input.inversions],
        defining,
    )
    write_table(table, snakemake.output[0])
