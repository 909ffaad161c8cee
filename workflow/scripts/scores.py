from workflow.stragglers.analysis.scores import (
    Scored,
    joined,
    pairs_table,
    scores_table,
    stability_table,
    summary_table,
    variance_table,
)
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_arrays, write_table

with job_log(snakemake.log[0]):
    dataset = Dataset.load(snakemake.input.dataset)
    networks = joined(snakemake.params.networks, [read_arrays(file) for file in snakemake.input.runs])
    scored = Scored(networks, read_arrays(snakemake.input.margins), dataset.label_train, dataset.planted)
    addresses = snakemake.params.addresses
    write_table(scores_table(scored, dataset.sample_id, addresses), snakemake.output.scores)
    write_table(summary_table(scored, addresses[0]), snakemake.output.score_summary)
    write_table(pairs_table(scored, addresses[0]), snakemake.output.score_pairs)
    write_table(stability_table(scored, addresses[0]), snakemake.output.score_stability)
    write_table(variance_table(scored, addresses[0]), snakemake.output.score_variance)
