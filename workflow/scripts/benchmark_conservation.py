import tempfile
from dataclasses import replace

import numpy as np
import pandas as pd

from workflow.stragglers.benchmarks.conservation import PAPER_EPOCHS, conservation_cost
from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Network, Optimizer, Protocol
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text
from workflow.stragglers.training.loop import train
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]), tempfile.TemporaryDirectory() as folder:
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, Protocol
    )
    train(
        Prepared.load(snakemake.input.dataset),
        network,
        optimizer,
        replace(protocol, epochs=max(PAPER_EPOCHS)),
        runs=pd.DataFrame({"seed": np.arange(snakemake.params.n_runs)}),
        folder=folder,
        device=snakemake.config["training"].get("device", "auto"),
    )
    costs = conservation_cost(Trajectory(folder))
    write_text(costs.to_csv(index=False, float_format="%.4g"), snakemake.output[0])
