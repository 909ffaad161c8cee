import json

import pandas as pd

from workflow.stragglers.analysis.predictors import predictors
from workflow.stragglers.analysis.tasks import nature_of, task_row
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.geometry.inversion import defining_inversions, inversions
from workflow.stragglers.geometry.manifolds import INVERTING, dynamics
from workflow.stragglers.sets.stragglers import cell_address, straggler_sets
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining, Detection
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    *files, dataset = snakemake.input
    trajectories = read_trajectories(files)
    tables = [
        inversions(dynamics(trajectory, snakemake.params.address), detection, INVERTING) for trajectory in trajectories
    ]
    row = task_row(
        cell_address(tables[0], defining),
        nature_of(**json.loads(snakemake.params.task)),
        predictors(Dataset.load(dataset)),
        defining_inversions(pd.concat(tables), defining),
        straggler_sets(trajectories, tables, defining).sets,
    )
    write_table(row, snakemake.output[0])
