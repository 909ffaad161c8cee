from pathlib import Path

from workflow.stragglers.datasets import prepare
from workflow.stragglers.jobs import job_log
from workflow.stragglers.sealed import write_text
from workflow.stragglers.specification import Dataset, from_canonical

with job_log(snakemake.log[0]):
    (specification,) = from_canonical(snakemake.params.specification, Dataset)
    prepare(specification, snakemake.config.get("data_dir", "data")).save(snakemake.output[0])
    # What was prepared, for when the raw data are gone.
    write_text(snakemake.params.specification, Path(snakemake.output[0]).with_name("specification.json"))
