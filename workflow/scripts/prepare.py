from workflow.stragglers.datasets import prepare
from workflow.stragglers.jobs import job_log
from workflow.stragglers.specification import Dataset, from_canonical

with job_log(snakemake.log[0]):
    (specification,) = from_canonical(snakemake.params.specification, Dataset)
    prepare(specification, snakemake.config.get("data_dir", "data")).save(snakemake.output[0])
