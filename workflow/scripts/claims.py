from pathlib import Path

import yaml

from workflow.stragglers.claims import claims_table
from workflow.stragglers.jobs import job_log
from workflow.stragglers.pages import as_csv, claims_page
from workflow.stragglers.sealed import read_table, write_table, write_text
from workflow.stragglers.specification import Defining, from_canonical

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    definitions = yaml.safe_load(Path(snakemake.input.definitions).read_text(encoding="utf-8"))
    claims = claims_table(definitions, tables, snakemake.params.families, defining, snakemake.params.orders)
    write_table(claims, snakemake.output.parquet)
    write_text(as_csv(claims).to_csv(index=False, float_format="%.4g"), snakemake.output.csv)
    write_text(claims_page(claims), snakemake.output.page)
