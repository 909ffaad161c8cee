import json

from workflow.stragglers.captions import write_caption
from workflow.stragglers.figs1_planted import Content, caption, draw
from workflow.stragglers.figure_style import save
from workflow.stragglers.jobs import job_log
from workflow.stragglers.sealed import read_table
from workflow.stragglers.specification import Defining, from_canonical

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    content = Content(defining.observable, json.loads(snakemake.params.titles), read_table(snakemake.input.planted))
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
