from pathlib import Path

from workflow.stragglers.analysis.convolutions_flips import convolutions_flips
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining, Detection
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    table = convolutions_flips(
        Trajectory(Path(snakemake.input[0]).parent),
        Dataset.load(snakemake.input.dataset).planted,
        defining_inversions(read_table(snakemake.input.inversions), defining),
        detection,
        snakemake.params.address,
    )
    write_table(table, snakemake.output[0])
