import json
from pathlib import Path

from workflow.stragglers.page.content import content
from workflow.stragglers.page.document import document
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text
from workflow.stragglers.tables.subject import Subject

with job_log(snakemake.log[0]):
    files = {Path(file).stem: file for file in snakemake.input.tables}
    subject = Subject.from_json(snakemake.params.subject)
    samples, listing = json.loads(snakemake.params.samples), next(iter(snakemake.input.listing), None)
    shown = content(files, subject, snakemake.params.test_every, samples, listing)
    write_text(
        document(Path(snakemake.input.template).parent, json.loads(snakemake.params.about) | shown),
        snakemake.output[0],
    )
