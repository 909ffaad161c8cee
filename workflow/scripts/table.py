import pandas as pd

from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table

with job_log(snakemake.log[0]):
    untouched = [read_table(part) for part in snakemake.input.untouched]
    # A retrained control repeats an untouched run, which would stand here twice.
    ablated = [read_table(part).query("removed != 'none'") for part in snakemake.input.ablated]
    write_table(pd.concat(untouched + ablated, ignore_index=True), snakemake.output[0])
