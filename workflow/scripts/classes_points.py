from workflow.stragglers.analysis.classes_points import across_groups, common_rankings, points_table
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.sets.stragglers import StragglerSets, own_straggler_sets
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_arrays, read_table, write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    group = group_index(Dataset.load(snakemake.input.dataset).label_train)
    parity = group_index(Dataset.load(snakemake.input.parity).label_train)
    trajectories = read_trajectories(snakemake.input.trajectories)
    inversions = [read_table(file) for file in snakemake.input.inversions]
    rankings = common_rankings(
        StragglerSets.load(snakemake.input.stragglers),
        own_straggler_sets(trajectories, inversions, defining, group),
        across_groups(read_arrays(snakemake.input.predictions)["group"], group, parity),
        StragglerSets.load(snakemake.input.parity_stragglers),
    )
    write_table(points_table(rankings, group, snakemake.params.address), snakemake.output[0])
