from pathlib import Path

from workflow.stragglers.geometry import dynamics
from workflow.stragglers.jobs import job_log
from workflow.stragglers.observables import OBSERVABLES
from workflow.stragglers.sealed import write_table
from workflow.stragglers.trajectory import Trajectory

with job_log(snakemake.log[0]):
    write_table(dynamics(Trajectory(Path(snakemake.input[0]).parent), OBSERVABLES), snakemake.output[0])
