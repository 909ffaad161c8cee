from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from workflow.stragglers.benchmarks.tables import table_costs
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import write_text

# Spawned processes run this file again, where there is no `snakemake`.
if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        rows = []
        for n_runs in snakemake.params.n_runs:
            with TemporaryDirectory() as folder:
                rows += table_costs(Path(folder), n_runs, snakemake.params.epochs)
        write_text(pd.DataFrame(rows).to_csv(index=False, float_format="%.4g"), snakemake.output[0])
