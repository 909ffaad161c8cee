from pathlib import Path

from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import INVERTING, distances_of, dynamics, radii_of
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Detection
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    trajectory = Trajectory(Path(snakemake.input[0]).parent)
    of_groups = radii_of(trajectory.groups) + distances_of(trajectory.groups)
    observables = list(dict.fromkeys(INVERTING + of_groups))
    table = dynamics(trajectory, snakemake.params.address, observables)
    write_table(inversions(table, detection, observables), snakemake.output[0])
