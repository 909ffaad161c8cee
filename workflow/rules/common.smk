import json
from pathlib import Path

from snakemake.exceptions import WorkflowError

from workflow.stragglers.errors import InputError
from workflow.stragglers.fingerprint import fingerprint
from workflow.stragglers.specification import canonical, parse_seeds
from workflow.stragglers.study import Study, consensus_source, validate
from workflow.stragglers.trajectory import FILES as TRAJECTORY

try:
    validate(config, Path(workflow.basedir, "workflow/schemas/config.schema.yaml"))
    study = Study(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{study.name}"
ENVIRONMENT = Path(workflow.basedir, "envs/stragglers.yaml")


wildcard_constraints:
    dataset="[^/]+",
    network="[^/]+",
    optimizer="[^/]+",
    seeds="[0-9]+(-[0-9]+)?",
    run=f"(runs|{study.name}/ablations)/[^/]+/[^/]+/[^/]+/seeds-[0-9-]+",


def code(script):
    """What a rule's script computes, as a param: see the profile in profiles/default."""
    return fingerprint(Path(workflow.basedir, "workflow/scripts", f"{script}.py"))


def trajectory(run):
    """The files of a run's trajectory."""
    return [f"results/{run}/{name}" for name in TRAJECTORY]


def inversion_of(run):
    return f"{RESULTS}/inversion/{run}.parquet"


def runs_of(cell):
    """Addresses of a cell's blocks."""
    return [study.run_address(cell, block) for block in study.blocks[cell]]


def dataset_of(cell):
    return f"results/runs/{study.dataset_address(cell.dataset)}/dataset.npz"


def table_file(table):
    return f"{RESULTS}/tables/{table}.parquet"


all_runs = [run for cell in study.blocks for run in runs_of(cell)]
all_ablations = [study.ablation_address(*key) for key in study.ablations]
