import numpy as np

from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.sets.predictions import predictions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Defining, Network, Optimizer
from workflow.stragglers.spec.until import protocol_of
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_arrays
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, protocol_of
    )
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    dataset = Prepared.load(snakemake.input.dataset)
    device = snakemake.config["training"].get("device", "auto")
    blocks = zip(
        read_trajectories(snakemake.input.trajectories), map(read_table, snakemake.input.inversions), strict=True
    )
    answers = [predictions(dataset, network, optimizer, protocol, *block, defining, device) for block in blocks]
    group, margin = map(np.concatenate, zip(*answers, strict=True))
    write_arrays({"group": group, "margin": margin}, snakemake.output[0])
