import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.figs1_planted import Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    content = Content(defining.observable, json.loads(snakemake.params.titles), read_table(snakemake.input.planted))
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
