import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.fig3_universality import Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import COMPLETE, defining_by_network, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    titles = json.loads(snakemake.params.titles)
    inversion = read(
        snakemake.input.inversion,
        ["dataset", "network", "layer", "seed", "observable", "found", "train_error"],
        dataset=list(titles),
        optimizer="gd",
        **COMPLETE,
    )
    content = Content(
        observable=defining.observable,
        titles=titles,
        inversion=defining_by_network(inversion, defining),
        consensus=read(
            snakemake.input.consensus,
            ["dataset", "fraction", "ci_low", "ci_high"],
            dataset=list(titles),
            network="reference",
            optimizer="gd",
            kind="consensus",
        ),
        overlap=read(
            snakemake.input.overlap,
            ["network_a", "optimizer_a", "network_b", "optimizer_b", "n_pairs", "jaccard"],
            dataset=next(iter(titles)),
        ),
    )
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
