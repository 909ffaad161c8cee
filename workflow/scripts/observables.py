from pathlib import Path

from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.geometry.observables import OBSERVABLES
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    write_table(dynamics(Trajectory(Path(snakemake.input[0]).parent), OBSERVABLES), snakemake.output[0])
