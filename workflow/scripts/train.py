from pathlib import Path

import pandas as pd

from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.spec.canonical import from_canonical, names_of
from workflow.stragglers.spec.specification import EXECUTION, Dataset, Network, Optimizer, Protocol, parse_seeds
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.training.loop import train

with job_log(snakemake.log[0]):
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, Protocol
    )
    seeds = parse_seeds(snakemake.wildcards.seeds)
    train(
        Prepared.load(snakemake.input.dataset),
        network,
        optimizer,
        protocol,
        runs=pd.DataFrame({"seed": seeds, "removed": "none", "draw": 0}),
        folder=Path(snakemake.output[0]).parent,
        name=names_of(snakemake.wildcards),
        code=snakemake.params.code,
        **{key: value for key, value in snakemake.config["training"].items() if key in EXECUTION},
    )
