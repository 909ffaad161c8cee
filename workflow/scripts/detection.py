import pandas as pd

from workflow.stragglers.detection_sweep import detection_table
from workflow.stragglers.jobs import job_log
from workflow.stragglers.specification import Defining, Detection, from_canonical
from workflow.stragglers.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    dynamics = [pd.read_parquet(table) for table in snakemake.input.dynamics]
    trajectories = read_trajectories(snakemake.input.trajectories)
    detection_table(trajectories, dynamics, detection, defining).to_parquet(snakemake.output[0], index=False)
