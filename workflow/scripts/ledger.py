from pathlib import Path

from workflow.stragglers.analysis.ledger import ledgers
from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Defining, Detection, Network, Optimizer, Protocol
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    _, *specification = from_canonical(snakemake.params.specification, Dataset, Network, Optimizer, Protocol)
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectory = Trajectory(Path(snakemake.input[0]).parent)
    inversions = defining_inversions(read_table(snakemake.input.inversions), defining)
    of_epochs, of_runs = ledgers(
        Prepared.load(snakemake.input.dataset),
        *specification,
        trajectory,
        inversions,
        detection,
        snakemake.params.address,
        name=snakemake.wildcards.run,
    )
    write_table(of_epochs, snakemake.output.ledger)
    write_table(of_runs, snakemake.output.runs)
