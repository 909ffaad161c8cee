from pathlib import Path

from workflow.stragglers.analysis.lenses import lenses
from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Defining, Network, Optimizer, Protocol
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    _, *specification = from_canonical(snakemake.params.specification, Dataset, Network, Optimizer, Protocol)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    of_epochs, turns = lenses(
        Prepared.load(snakemake.input.dataset),
        *specification,
        Trajectory(Path(snakemake.input[0]).parent),
        defining_inversions(read_table(snakemake.input.inversions), defining),
        snakemake.params.address,
        name=snakemake.wildcards.run,
    )
    write_table(of_epochs, snakemake.output.lenses)
    write_table(turns, snakemake.output.turns)
