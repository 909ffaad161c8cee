from pathlib import Path

from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.spec.specification import Detection, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    table = dynamics(Trajectory(Path(snakemake.input[0]).parent))
    write_table(inversions(table, detection), snakemake.output[0])
