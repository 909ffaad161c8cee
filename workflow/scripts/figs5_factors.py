import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.figs5_factors import Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table
from workflow.stragglers.tables.rows import COMPLETE, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    linear = read(snakemake.input.linear, ["dataset", "n_samples"]).drop_duplicates()
    content = Content(
        observable=defining.observable,
        families=snakemake.params.families,
        titles=json.loads(snakemake.params.titles),
        variance=read_table(snakemake.input.variance),
        n_samples=dict(zip(linear["dataset"], linear["n_samples"], strict=True)),
        inversion=read(
            snakemake.input.inversion,
            ["dataset", "network", "layer", "observable", "found", "train_error"],
            optimizer="gd",
            observable=defining.observable,
            **COMPLETE,
        ),
    )
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
