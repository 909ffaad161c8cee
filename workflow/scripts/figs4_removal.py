import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.figs4_removal import KINDS, Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import read

with job_log(snakemake.log[0]):
    titles = json.loads(snakemake.params.titles)
    address = ["dataset", "network", "optimizer", "seed"]
    ablation = read(
        snakemake.input.ablation,
        [*address, "removed", "draw", "n_removed", "sigma", "test_error", "inversion_found"],
        dataset=list(titles),
        removed=["none", *KINDS],
        diverged_at=None,
    )
    content = Content(titles, ablation)
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
