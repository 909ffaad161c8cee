from pathlib import Path

import numpy as np
import pandas as pd

from workflow.stragglers.analysis.score_removal import score_removals
from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.spec.canonical import from_canonical, names_of
from workflow.stragglers.spec.specification import (
    EXECUTION,
    AblationPlan,
    Dataset,
    Network,
    Optimizer,
    Protocol,
    parse_seeds,
)
from workflow.stragglers.study.cell import REFERENCE
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table
from workflow.stragglers.tables.rows import rows_of
from workflow.stragglers.training.loop import train

with job_log(snakemake.log[0]):
    _, *specification = from_canonical(snakemake.params.specification, Dataset, Network, Optimizer, Protocol)
    (plan,) = from_canonical(snakemake.params.plan, AblationPlan)
    dataset = Prepared.load(snakemake.input.dataset)
    scores = rows_of(read_table(snakemake.input.scores), REFERENCE)
    chosen = score_removals(
        {name: rows["value"].to_numpy() for name, rows in scores.groupby("score", sort=False)},
        int(read_table(snakemake.input.summary)["n_hardest"].iloc[0]),
        parse_seeds(snakemake.wildcards.seeds),
        plan.random_draws,
        dataset,
    )
    train(
        dataset,
        *specification,
        runs=pd.DataFrame([removal.row for removal in chosen]),
        folder=Path(snakemake.output[0]).parent,
        removed=np.stack([removal.points for removal in chosen]),
        noise=plan.noise,
        name=names_of(snakemake.wildcards),
        code=snakemake.params.code,
        **{key: value for key, value in snakemake.config["training"].items() if key in EXECUTION},
    )
