import json

from workflow.stragglers.jobs import job_log
from workflow.stragglers.pages import page
from workflow.stragglers.provenance import configuration_table, software_table
from workflow.stragglers.sealed import write_text

with job_log(snakemake.log[0]):
    configuration = configuration_table(json.loads(snakemake.params.configuration))
    write_text(page("Configuration", configuration), snakemake.output.configuration)
    write_text(page("Versions of software", software_table()), snakemake.output.software)
