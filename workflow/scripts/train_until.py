from functools import partial
from pathlib import Path

import pandas as pd

from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.geometry.decision import decided
from workflow.stragglers.spec.canonical import from_canonical, names_of
from workflow.stragglers.spec.specification import (
    EXECUTION,
    Dataset,
    Defining,
    Detection,
    Network,
    Optimizer,
    parse_seeds,
)
from workflow.stragglers.spec.until import UntilInversion
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.training.until import train_until

with job_log(snakemake.log[0]):
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, UntilInversion
    )
    defining, detection = from_canonical(snakemake.params.decision, Defining, Detection)
    train_until(
        partial(decided, defining=defining, detection=detection),
        Prepared.load(snakemake.input.dataset),
        network,
        optimizer,
        protocol,
        runs=pd.DataFrame({"seed": parse_seeds(snakemake.wildcards.seeds), "removed": "none", "draw": 0}),
        folder=Path(snakemake.output[0]).parent,
        name=names_of(snakemake.wildcards),
        code=f"{snakemake.params.code} {snakemake.params.decision}",
        **{key: value for key, value in snakemake.config["training"].items() if key in EXECUTION},
    )
