from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.sets.stragglers import (
    cell_address,
    consensus_table,
    own_straggler_rate,
    own_straggler_sets,
    straggler_sets,
    straggler_table,
)
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectories = read_trajectories(snakemake.input.trajectories)
    inversions = [read_table(table) for table in snakemake.input.inversions]
    sets = straggler_sets(trajectories, inversions, defining)
    sets.save(snakemake.output.sets)
    dataset = Dataset.load(snakemake.input.dataset)
    _, own = own_straggler_sets(trajectories, inversions, defining, group_index(dataset.label_train))
    address = cell_address(inversions[0], defining)
    write_table(straggler_table(sets, own_straggler_rate(own), dataset, address), snakemake.output.table)
    write_table(consensus_table(sets, address), snakemake.output.consensus)
