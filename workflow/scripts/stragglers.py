import pandas as pd

from workflow.stragglers.datasets import Dataset
from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import straggler_sets, straggler_table
from workflow.stragglers.specification import Defining, from_canonical
from workflow.stragglers.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectories = read_trajectories(snakemake.input.trajectories)
    inversions = [pd.read_parquet(table) for table in snakemake.input.inversions]
    sets = straggler_sets(trajectories, inversions, defining)
    sets.save(snakemake.output.sets)
    dataset = Dataset.load(snakemake.input.dataset)
    table = straggler_table(sets, dataset, trajectories[0].runs, inversions[0], defining)
    table.to_parquet(snakemake.output.table, index=False)
