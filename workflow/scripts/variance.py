import pandas as pd

from workflow.stragglers.inversion import defining_inversions
from workflow.stragglers.jobs import job_log
from workflow.stragglers.specification import Defining, from_canonical
from workflow.stragglers.variance import variance_table

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    where = [("dataset", "in", snakemake.params.datasets), ("network", "==", "reference"), ("removed", "==", "none")]
    inversions = pd.read_parquet(snakemake.input[0], filters=where)
    inverted = defining_inversions(inversions, defining)
    inverted = inverted.assign(optimizer=inverted["optimizer"].map(snakemake.params.orders))
    variance_table(inverted).to_parquet(snakemake.output[0], index=False)
