from importlib import import_module

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.style import save
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.subject import Subject

with job_log(snakemake.log[0]):
    figure = import_module(f"workflow.stragglers.figures.{snakemake.params.stem}")
    content = figure.gather(dict(snakemake.input.items()), Subject.from_json(snakemake.params.subject))
    save(figure.draw(content, snakemake.params.columns), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, figure.caption(content))
