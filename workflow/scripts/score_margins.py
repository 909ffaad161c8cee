from workflow.stragglers.analysis.linear_margins import label_quality, linear_scores
from workflow.stragglers.analysis.score_names import LABEL_QUALITY
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_arrays

with job_log(snakemake.log[0]):
    dataset = Dataset.load(snakemake.input.dataset)
    write_arrays(linear_scores(dataset) | {LABEL_QUALITY: label_quality(dataset)}, snakemake.output[0])
