import json
import logging

import pandas as pd

from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_text
from workflow.stragglers.tables.pages import page, text_page
from workflow.stragglers.tables.provenance import (
    UNRECORDED,
    configuration_text,
    software_table,
    training_note,
    training_software,
)

with job_log(snakemake.log[0]):
    text = configuration_text(json.loads(snakemake.params.configuration))
    note = "Saved as a file, this asks for the same study: snakemake --configfile FILE."
    write_text(text_page("Configuration", text, note), snakemake.output.configuration)
    runs = [
        read_table(file).reindex(columns=["software"], fill_value=UNRECORDED).assign(dataset=dataset)
        for file, dataset in zip(snakemake.input.runs, snakemake.params.datasets, strict=True)
    ]
    trained = training_software(pd.concat(runs))
    note = training_note(trained)
    logging.info(note)
    write_text(page("Versions of software", software_table(trained), note=note), snakemake.output.software)
