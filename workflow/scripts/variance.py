from workflow.stragglers.analysis.variance import variance_table
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    where = [("dataset", "in", snakemake.params.datasets), ("network", "==", "reference"), ("removed", "==", "none")]
    inversions = read_table(snakemake.input[0], filters=where)
    inverted = defining_inversions(inversions, defining)
    inverted = inverted.assign(optimizer=inverted["optimizer"].map(snakemake.params.orders))
    write_table(variance_table(inverted), snakemake.output[0])
