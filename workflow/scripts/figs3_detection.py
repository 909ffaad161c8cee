from pathlib import Path

import pandas as pd

from workflow.stragglers.captions import render
from workflow.stragglers.figs3_detection import Content, caption, draw
from workflow.stragglers.figure_style import save
from workflow.stragglers.jobs import job_log

with job_log(snakemake.log[0]):
    content = Content(titles=snakemake.params.titles, detection=pd.read_parquet(snakemake.input.detection))
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    Path(snakemake.output.caption).write_text(render(Path(snakemake.input.caption).read_text(), caption(content)))
