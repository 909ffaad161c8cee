from pathlib import Path

from workflow.stragglers.data.download import download
from workflow.stragglers.data.flips import prepare
from workflow.stragglers.data.sources import OFFICIAL
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.flipped import dataset_of
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text

with job_log(snakemake.log[0]):
    (specification,) = from_canonical(snakemake.params.specification, dataset_of)
    data_dir = snakemake.config.get("data_dir", "data")
    if specification.source in OFFICIAL:
        # Does nothing, unless files went since the rule `download` put them there.
        download(specification.source, Path(data_dir))
    prepare(specification, data_dir).save(snakemake.output[0])
    # What was prepared, for when the raw data are gone.
    write_text(snakemake.params.specification, Path(snakemake.output[0]).with_name("specification.json"))
