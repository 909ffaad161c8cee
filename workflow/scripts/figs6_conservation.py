import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.figs6_conservation import STATISTICS, Content, caption, draw, inversion_errors
from workflow.stragglers.figures.style import save
from workflow.stragglers.geometry.inversion import defining_inversions
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import COMPLETE, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    titles = json.loads(snakemake.params.titles)
    reference = {"dataset": list(titles), "network": "reference", "optimizer": "gd"}
    inversion = read(
        snakemake.input.inversion,
        ["dataset", "network", "layer", "observable", "found", "train_error"],
        **COMPLETE,
        **reference,
    )
    content = Content(
        observable=defining.observable,
        titles=titles,
        error_star=inversion_errors(defining_inversions(inversion, defining)),
        conservation=read(
            snakemake.input.conservation,
            ["dataset", "epoch", "train_error", "n_runs", "mean_common", *STATISTICS],
            alignment="epoch",
            **reference,
        ),
        peak=read(
            snakemake.input.peak,
            ["dataset", "statistic", "train_error", "ci_low", "ci_high", "value", "plateau_low", "plateau_high"],
            alignment="epoch",
            **reference,
        ),
    )
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
