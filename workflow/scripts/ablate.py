from pathlib import Path

import numpy as np
import pandas as pd

from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.sets.ablation import removals
from workflow.stragglers.sets.stragglers import CONSENSUS_RATE, straggler_rate, straggler_sets
from workflow.stragglers.spec.canonical import from_canonical, names_of
from workflow.stragglers.spec.specification import (
    EXECUTION,
    AblationPlan,
    Dataset,
    Defining,
    Network,
    Optimizer,
    Protocol,
    parse_seeds,
)
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table
from workflow.stragglers.training.loop import train
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, Protocol
    )
    (plan,) = from_canonical(snakemake.params.plan, AblationPlan)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    dataset = Prepared.load(snakemake.input.dataset)

    def blocks(role):
        tables = [read_table(table) for table in snakemake.input[f"{role}_inversions"]]
        return read_trajectories(snakemake.input[f"{role}_trajectories"]), tables

    consensus = None
    if plan.consensus_from:
        consensus = straggler_rate(straggler_sets(*blocks("consensus"), defining).sets) >= CONSENSUS_RATE
    chosen = removals(parse_seeds(snakemake.wildcards.seeds), *blocks("repeated"), plan, defining, dataset, consensus)
    train(
        dataset,
        network,
        optimizer,
        protocol,
        runs=pd.DataFrame([removal.row for removal in chosen]),
        folder=Path(snakemake.output[0]).parent,
        removed=np.stack([removal.points for removal in chosen]),
        noise=plan.noise,
        name=names_of(snakemake.wildcards),
        code=snakemake.params.code,
        **{key: value for key, value in snakemake.config["training"].items() if key in EXECUTION},
    )
