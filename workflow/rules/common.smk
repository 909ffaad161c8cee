import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

from workflow.stragglers.errors import InputError
from workflow.stragglers.fingerprint import fingerprint
from workflow.stragglers.report import as_label, as_param
from workflow.stragglers.specification import canonical, parse_seeds
from workflow.stragglers.study import Cell, Study, consensus_source, validate
from workflow.stragglers.text import printable
from workflow.stragglers.trajectory import FILES as TRAJECTORY

try:
    validate(config, Path(workflow.basedir, "workflow/schemas/config.schema.yaml"))
    study = Study(config)
except InputError as error:
    raise WorkflowError(printable(str(error))) from None

# Relative: braces in an input's absolute path would be taken for wildcards.
CHECKOUT = os.path.relpath(workflow.basedir)
RESULTS = f"results/{study.name}"
# Snakemake formats this path.
ENVIRONMENT = f"{workflow.basedir}/envs/stragglers.yaml".replace("{", "{{").replace(
    "}", "}}"
)


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


def repeated(wildcards):
    """Addresses of the runs that an ablation repeats, then of those that give its consensus set."""
    cell = study.cell(wildcards)
    repeated = study.blocks_with(cell, parse_seeds(wildcards.seeds))
    runs = {"repeated": [study.run_address(cell, block) for block in repeated]}
    plan = study.ablations[cell, wildcards.seeds]
    if plan.consensus_from:
        source, seeds = consensus_source(cell, plan)
        runs["consensus"] = [
            study.run_address(source, block)
            for block in study.blocks_with(source, seeds)
        ]
    return runs


def caption(stem):
    """The template of a figure's caption."""
    return Path(CHECKOUT, "workflow/report", f"{stem}.rst")


def drawn(stem, label, of=""):
    """Files of a figure. Its caption holds the study's numbers, so that too is drawn by the rule."""
    base = f"{RESULTS}/figures/{stem}{of}"
    text = Path(f"{base}.rst").absolute().as_posix()
    return {
        "caption": f"{base}.rst",
        **{
            kind: report(
                f"{base}.{kind}",
                caption=text,
                category="1. Figures",
                labels={"figure": as_label(label), "format": kind.upper()},
            )
            for kind in ("pdf", "png")
        },
    }


all_runs = [run for cell in study.blocks for run in runs_of(cell)]
all_ablations = [study.ablation_address(*key) for key in study.ablations]
