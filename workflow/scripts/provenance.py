import json
import logging

import pandas as pd

from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_text
from workflow.stragglers.tables.pages import page
from workflow.stragglers.tables.provenance import (
    UNRECORDED,
    configuration_table,
    software_table,
    training_note,
    training_software,
)

with job_log(snakemake.log[0]):
    configuration = configuration_table(json.loads(snakemake.params.configuration))
    write_text(page("Configuration", configuration), snakemake.output.configuration)
    runs = [
        read_table(file).reindex(columns=["software"], fill_value=UNRECORDED).assign(dataset=dataset)
        for file, dataset in zip(snakemake.input.runs, snakemake.params.datasets, strict=True)
    ]
    trained = training_software(pd.concat(runs))
    note = training_note(trained)
    logging.info(note)
    write_text(page("Versions of software", software_table(trained), note=note), snakemake.output.software)
