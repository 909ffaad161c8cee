from pathlib import Path

from workflow.stragglers.analysis.claims import claims_table
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.configuration import read
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table, write_text
from workflow.stragglers.tables.pages import as_csv, claims_page

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    claims = claims_table(
        read(snakemake.input.definitions), tables, snakemake.params.families, defining, snakemake.params.orders
    )
    write_table(claims, snakemake.output.parquet)
    write_text(as_csv(claims).to_csv(index=False, float_format="%.4g"), snakemake.output.csv)
    write_text(claims_page(claims), snakemake.output.page)
