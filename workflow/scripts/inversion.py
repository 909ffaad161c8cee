from pathlib import Path

from workflow.stragglers.geometry import dynamics
from workflow.stragglers.inversion import inversions
from workflow.stragglers.jobs import job_log
from workflow.stragglers.sealed import write_table
from workflow.stragglers.specification import Detection, from_canonical
from workflow.stragglers.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    table = dynamics(Trajectory(Path(snakemake.input[0]).parent))
    write_table(inversions(table, detection), snakemake.output[0])
