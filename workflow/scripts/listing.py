from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.own import Origins
from workflow.stragglers.sets.listing import in_words, learned, listing, with_images, write_listing
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_arrays, read_table, write_text
from workflow.stragglers.tables.pages import as_csv
from workflow.stragglers.training.trajectory import read_trajectories

with job_log(snakemake.log[0]):
    dataset = Dataset.load(snakemake.input.dataset)
    named = snakemake.input.get("origins")
    origins = Origins.load(named) if named else None
    trajectories = read_trajectories(snakemake.input.trajectories)
    n_runs, epochs = sum(len(trajectory.runs) for trajectory in trajectories), len(trajectories[0].loss) - 1
    learning = learned(trajectories)
    predictions = read_arrays(snakemake.input.predictions)
    table = listing(read_table(snakemake.input.stragglers), learning, predictions, dataset, origins)
    write_text(as_csv(table).to_csv(index=False, float_format="%.4g"), snakemake.output.csv)
    write_listing(with_images(table, dataset), snakemake.output.parquet)
    words = in_words(table, n_runs, epochs, snakemake.params.most_epochs, snakemake.output.csv)
    write_text(f"{words}\n", snakemake.output.words)
