from pathlib import Path

from workflow.stragglers.analysis.score_removal import score_removal_table
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectory = Trajectory(Path(snakemake.input[0]).parent)
    table = score_removal_table(trajectory, read_table(snakemake.input.inversions), defining)
    write_table(table, snakemake.output[0])
