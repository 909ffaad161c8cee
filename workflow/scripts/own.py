from pathlib import Path

from workflow.stragglers.data.own import prepare
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.own import dataset_of
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text

with job_log(snakemake.log[0]):
    (specification,) = from_canonical(snakemake.params.specification, dataset_of)
    dataset, origins = prepare(specification, snakemake.config.get("data_dir", "data"))
    dataset.save(snakemake.output.dataset)
    origins.save(snakemake.output.origins)
    # What was prepared, for when the raw data are gone.
    write_text(snakemake.params.specification, Path(snakemake.output.dataset).with_name("specification.json"))
