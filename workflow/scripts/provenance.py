import json

from workflow.stragglers.jobs import job_log
from workflow.stragglers.provenance import configuration_table, software_table

with job_log(snakemake.log[0]):
    configuration = json.loads(snakemake.params.configuration)
    configuration_table(configuration).to_csv(snakemake.output.configuration, index=False)
    software_table().to_csv(snakemake.output.software, index=False)
