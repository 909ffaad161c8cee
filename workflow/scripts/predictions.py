from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.sets.predictions import predictions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Defining, Network, Optimizer
from workflow.stragglers.spec.until import protocol_of
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    _, network, optimizer, protocol = from_canonical(
        snakemake.params.specification, Dataset, Network, Optimizer, protocol_of
    )
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    predictions(
        Prepared.load(snakemake.input.dataset),
        network,
        optimizer,
        protocol.dtype,
        read_trajectories(snakemake.input.trajectories),
        [read_table(table) for table in snakemake.input.inversions],
        defining,
        snakemake.config["training"].get("device", "auto"),
    ).save(snakemake.output[0])
