from pathlib import Path

from workflow.stragglers.geometry.manifolds import dynamics, manifolds_table
from workflow.stragglers.geometry.observables import OBSERVABLES
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    trajectory = Trajectory(Path(snakemake.input[0]).parent)
    write_table(dynamics(trajectory, snakemake.params.address, OBSERVABLES), snakemake.output.dynamics)
    write_table(manifolds_table(trajectory, snakemake.params.address), snakemake.output.manifolds)
