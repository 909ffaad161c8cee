from workflow.stragglers.analysis.linear import linear_table
from workflow.stragglers.sets.stragglers import StragglerSets
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.study.cell import REFERENCE
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_arrays, read_table, write_table
from workflow.stragglers.tables.rows import COMPLETE, defining_by_network, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    inversion = read(
        snakemake.input.inversion,
        ["dataset", "network", "layer", "observable", "found", "train_error"],
        **COMPLETE,
        **REFERENCE,
    )
    table = linear_table(
        addresses=snakemake.params.datasets,
        fits=[read_table(file) for file in snakemake.input.fits],
        mistakes=[read_arrays(file) for file in snakemake.input.mistakes],
        sets={
            name: StragglerSets.load(file)
            for name, file in zip(snakemake.params.straggling, snakemake.input.sets, strict=True)
        },
        inversion=defining_by_network(inversion, defining),
        overlaps=read(
            snakemake.input.overlap,
            ["dataset", "jaccard"],
            **{f"{part}_{side}": name for part, name in REFERENCE.items() for side in "ab"},
        ),
        observable=defining.observable,
    )
    write_table(table, snakemake.output[0])
