from pathlib import Path

from workflow.stragglers.analysis.vanishing import vanishing_table
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    table = vanishing_table(
        Trajectory(Path(snakemake.input[0]).parent),
        read_table(snakemake.input.dynamics),
        read_table(snakemake.input.inversions),
        group_index(Dataset.load(snakemake.input.dataset).label_train),
        snakemake.params.scale,
        defining,
        snakemake.params.address,
    )
    write_table(table, snakemake.output[0])
