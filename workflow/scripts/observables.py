from pathlib import Path

from workflow.stragglers.geometry import dynamics
from workflow.stragglers.jobs import job_log
from workflow.stragglers.observables import OBSERVABLES
from workflow.stragglers.trajectory import Trajectory

with job_log(snakemake.log[0]):
    dynamics(Trajectory(Path(snakemake.input[0]).parent), OBSERVABLES).to_parquet(snakemake.output[0], index=False)
