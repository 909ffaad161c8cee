import json
from pathlib import Path

from workflow.stragglers.jobs import job_log
from workflow.stragglers.pages import page
from workflow.stragglers.provenance import configuration_table, software_table

with job_log(snakemake.log[0]):
    configuration = configuration_table(json.loads(snakemake.params.configuration))
    Path(snakemake.output.configuration).write_text(page("Configuration", configuration), encoding="utf-8")
    Path(snakemake.output.software).write_text(page("Versions of software", software_table()), encoding="utf-8")
