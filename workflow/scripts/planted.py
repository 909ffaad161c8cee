from workflow.stragglers.analysis.planted import planted_table
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.study.cell import REFERENCE
from workflow.stragglers.support.columns import ADDRESS
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.tables.rows import COMPLETE, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    table = planted_table(
        snakemake.params.laws,
        [Dataset.load(file).planted for file in snakemake.input.datasets],
        read(snakemake.input.inversion, [*ADDRESS, "observable", "found", "train_error"], **COMPLETE, **REFERENCE),
        read(snakemake.input.stragglers, ["dataset", "sample_id", "consensus"], **REFERENCE),
        read(
            snakemake.input.ablation,
            ["dataset", "seed", "removed", "sigma", "test_error", "inversion_found"],
            diverged_at=None,
            **REFERENCE,
        ),
        defining,
    )
    write_table(table, snakemake.output[0])
