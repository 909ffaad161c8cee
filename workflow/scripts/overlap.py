from workflow.stragglers.jobs import job_log
from workflow.stragglers.misclassified import StragglerSets, overlap_table

with job_log(snakemake.log[0]):
    sets = [StragglerSets.load(file) for file in snakemake.input]
    overlap_table(snakemake.params.cells, sets).to_parquet(snakemake.output[0], index=False)
