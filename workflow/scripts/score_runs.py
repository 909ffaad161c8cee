from pathlib import Path

from workflow.stragglers.analysis.scores import scores_of_sets
from workflow.stragglers.data.datasets import Dataset as Prepared
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Dataset, Defining, Network, Optimizer, Protocol
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_arrays
from workflow.stragglers.training.hardness import hardness
from workflow.stragglers.training.trajectory import Trajectory

with job_log(snakemake.log[0]):
    _, *specification = from_canonical(snakemake.params.specification, Dataset, Network, Optimizer, Protocol)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    trajectory = Trajectory(Path(snakemake.input[0]).parent)
    inversions = defining_inversions(read_table(snakemake.input.inversions), defining).set_index("run").sort_index()
    epochs = inversions["epoch"].to_numpy(float, na_value=float("nan"))
    scores = scores_of_sets(trajectory, epochs) | hardness(
        Prepared.load(snakemake.input.dataset),
        *specification,
        seeds=inversions["seed"].tolist(),
        inversion=epochs,
        device=snakemake.config["training"].get("device", "auto"),
        name=snakemake.wildcards.run,
    )
    write_arrays({"seeds": inversions["seed"].to_numpy(int), **scores}, snakemake.output[0])
