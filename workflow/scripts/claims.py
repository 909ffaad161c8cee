from pathlib import Path

import pandas as pd
import yaml

from workflow.stragglers.claims import claims_table
from workflow.stragglers.jobs import job_log
from workflow.stragglers.pages import as_csv, claims_page
from workflow.stragglers.specification import Defining, from_canonical

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    definitions = yaml.safe_load(Path(snakemake.input.definitions).read_text(encoding="utf-8"))
    claims = claims_table(definitions, tables, snakemake.params.families, defining, snakemake.params.orders)
    claims.to_parquet(snakemake.output.parquet, index=False)
    as_csv(claims).to_csv(snakemake.output.csv, index=False, float_format="%.4g")
    Path(snakemake.output.page).write_text(claims_page(claims), encoding="utf-8")
