import pandas as pd

from workflow.stragglers.inversion import inversions
from workflow.stragglers.jobs import job_log
from workflow.stragglers.specification import Detection, from_canonical

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    inversions(pd.read_parquet(snakemake.input[0]), detection).to_parquet(snakemake.output[0], index=False)
