from workflow.stragglers.sets.ablation import ablation_table
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectories = read_trajectories(snakemake.input.trajectories)
    inversions = [read_table(table) for table in snakemake.input.inversions]
    write_table(ablation_table(trajectories, inversions, defining), snakemake.output[0])
