import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.figs3_detection import Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table

with job_log(snakemake.log[0]):
    content = Content(titles=json.loads(snakemake.params.titles), detection=read_table(snakemake.input.detection))
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
