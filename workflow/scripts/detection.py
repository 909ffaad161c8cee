from pathlib import Path

from workflow.stragglers.analysis.detection_sweep import detection_table
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining, Detection
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectories = {each.folder: each for each in read_trajectories(snakemake.input.trajectories)}
    blocks = [Path(table) for table in snakemake.input.dynamics]
    table = detection_table(
        map(read_table, blocks),
        [trajectories.get(block.parent) for block in blocks],
        detection,
        defining,
    )
    write_table(table, snakemake.output[0])
