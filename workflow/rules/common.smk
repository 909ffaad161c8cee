import os
import re
import shlex
import shutil
import sys
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path

from snakemake.utils import update_config

from workflow.stragglers.spec.configuration import read, reread, validate
from workflow.stragglers.support.changes import note
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.fingerprint import fingerprint
from workflow.stragglers.support.report import as_label, as_param
from workflow.stragglers.support.sealed import sealed
from workflow.stragglers.support.stopping import stop_with_jobs
from workflow.stragglers.data.own import READERS
from workflow.stragglers.data.sources import OFFICIAL
from workflow.stragglers.spec.canonical import canonical, from_canonical
from workflow.stragglers.spec.flipped import (
    FlippedDataset,
    dataset_of as specification_of,
)
from workflow.stragglers.spec.own import OwnDataset
from workflow.stragglers.spec.specification import parse_seeds
from workflow.stragglers.study.footprint import refuse_beyond
from workflow.stragglers.study.own import described, own_study
from workflow.stragglers.study.cell import REFERENCE, Cell
from workflow.stragglers.study.questions import (
    QUESTIONS,
    refuse_unanswerable,
    refuse_without_extras,
)
from workflow.stragglers.study.questions import claims_file as claims_named
from workflow.stragglers.study.study import Study, consensus_source
from workflow.stragglers.support.text import printable
from workflow.stragglers.tables.subject import Subject
from workflow.stragglers.training.trajectory import files as trajectory_files

# Snakemake starts a job as "{sys.executable} SCRIPT" in a shell: a path with spaces needs its quotes.
if os.path.exists(sys.executable):
    sys.executable = shlex.quote(sys.executable)

# Relative to the working directory, so that a moved project finds its results made from the same inputs.
CHECKOUT = Path(
    os.path.relpath(
        workflow.current_basedir.join("../..").get_path_or_uri(secret_free=True)
    )
)
if "{" in str(CHECKOUT) or "}" in str(CHECKOUT):
    sys.exit(
        f"Error: {CHECKOUT} has braces, which mean wildcards in a path (run the workflow in that folder, or rename it)"
    )
if not os.access(".", os.W_OK):
    sys.exit(
        f"Error: {os.getcwd()} cannot be written to (name a folder for the results with --directory)"
    )

# What Snakemake is asked for, which it does not tell.
flags = {argument.partition("=")[0] for argument in sys.argv}
if "--report-after-run" in flags:
    flags.remove("--report")
plans_jobs = workflow.is_main_process and not {"--unlock", "--report"} & flags


def prepared_datasets():
    """Specifications of datasets whose preparation left one, oldest first."""
    files = Path("results/runs").glob("*/specification.json")
    for file in sorted(files, key=os.path.getmtime):
        if file.with_name("dataset.npz").is_file():
            try:
                text = sealed(file).read_text(encoding="utf-8")
                yield from from_canonical(text, specification_of)
            except (ValueError, TypeError):
                raise InputError(f"{file} is damaged (delete it)") from None


def shipped_studies():
    """Names of the studies that come with the workflow, whose results own data must not overwrite."""
    for file in (CHECKOUT / "config").rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        yield from re.findall(r"^study: *(\w+)", text, re.M)


def find_claims(named):
    """The file of claims that is ``named``, from here or else from the checkout; None where a study judges none."""
    if not named:
        return None
    here = Path(named).expanduser()
    return here if here.exists() else CHECKOUT / here


def stated_fraction():
    """From where to where the straggler fraction lies by a claim of the study; None if it judges none of it."""
    claim = read(claims_file).get("straggler_fraction", {}) if claims_file else {}
    ends = claim.get("at_least"), claim.get("at_most")
    return None if None in ends else ends


@cache
def tables_of_claims():
    """The tables that the study's claims are measured on."""
    # Not before: a second of imports, which all jobs but one can do without.
    from workflow.stragglers.analysis.claims import read_claims, tables_of

    return tables_of(
        read_claims(
            claims_file,
            CHECKOUT / "workflow/schemas/claims.schema.yaml",
            study.main_datasets,
        )
    )


# As they are typed, where YAML would take a path for something else.
typed = dict(
    entry.split("=", 1) for entry in workflow.config_settings.config_args or ()
)

try:
    if "data" in typed:
        if workflow.configfiles:
            raise InputError(
                "data: makes a study of its own (leave out --configfile, or name the data in it)"
            )
        config.clear()
        config.update(
            own_study(typed["data"], typed.get("label"), {*shipped_studies()})
        )
    if workflow.is_main_process:
        for file in workflow.configfiles:
            read(file)
    for key, value in workflow.config_settings.config.items():
        if "data" not in typed or key not in ("data", "label"):
            update_config(config, {key: reread(value)})
    validate(config, CHECKOUT / "workflow/schemas/config.schema.yaml")
    study = Study(config, list(prepared_datasets()), reads_data=plans_jobs)
    if "data_dir" in config:
        config["data_dir"] = study.data_dir
    if plans_jobs:
        refuse_without_extras(study.question)
        refuse_unanswerable(
            study.question,
            {cell.network: study.networks[cell.network].kind for cell in study.blocks},
            retrains=bool(study.ablations),
        )
    claims_file = find_claims(claims_named(config))
    if claims_file and workflow.is_main_process:
        tables_of_claims()
    if "data" in typed and plans_jobs:
        print(described(config), file=sys.stderr)
    # Jobs of other executors run on other machines.
    if plans_jobs and workflow.resource_settings.nodes is None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        refuse_beyond(study, memory, shutil.disk_usage(".").total)
        if config["training"].get("device") == "cuda":
            from torch import cuda

            if not cuda.is_available():
                raise InputError(
                    "config, training.device: torch finds no GPU here (use auto or cpu)"
                )
except InputError as error:
    # Snakemake would add the lines of this file that raised it.
    sys.exit(f"Error: {printable(str(error))}")

RESULTS = f"results/{study.name}"
TRAJECTORY = trajectory_files(study.protocol)
# Braces in a path would be taken for wildcards.
ENVIRONMENT = (
    (CHECKOUT / "envs/stragglers.yaml")
    .absolute()
    .as_posix()
    .replace("{", "{{")
    .replace("}", "}}")
)


wildcard_constraints:
    dataset="[^/]+",
    network="[^/]+",
    optimizer="[^/]+",
    seeds="[0-9]+(-[0-9]+)?",
    run=f"(runs|{study.name}/(ablations|removals))/[^/]+/[^/]+/[^/]+/seeds-[0-9-]+",


# What jobs compute: fingerprint -> script, and what that imports by name.
codes = {}


@cache
def code(script, *imported):
    """What a rule's script computes, as a param: see the profile in profiles/default."""
    found = fingerprint(CHECKOUT / f"workflow/scripts/{script}.py", *imported)
    codes[found] = script, imported
    return found


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


def origins_of(cell):
    """Where the samples of a cell are from, if its dataset is of a user's own."""
    own = isinstance(study.datasets[cell.dataset], OwnDataset)
    return [dataset_of(cell).replace("dataset.npz", "origins.npz")] if own else []


def reader_of(wildcards):
    """What reads a dataset of a user's own, by the name that :func:`code` takes."""
    source = study.dataset_specification(wildcards.dataset).source
    return f"data.{READERS[source]}.read"


def downloaded(wildcards):
    """The mark of a download, where the dataset comes from one."""
    source = study.dataset_specification(wildcards.dataset).source
    return [f"results/runs/{source}.downloaded"] if source in OFFICIAL else []


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


def prepared(cell):
    """A cell's dataset and, of own data, where its samples are from and what they are called."""
    files = {"dataset": dataset_of(cell)}
    if origins := origins_of(cell):
        (files["origins"],) = origins
    return files


def listed_from(cell):
    """Files that a listing of a cell's samples is made of."""
    return prepared(cell) | {
        "trajectories": [file for run in runs_of(cell) for file in trajectory(run)],
        "stragglers": f"{RESULTS}/stragglers/{study.cell_address(cell)}.parquet",
        "predictions": f"{RESULTS}/predictions/{study.cell_address(cell)}.npz",
    }


def both_tasks(cell):
    """Files that stragglers of ten classes are compared with those of parity by."""
    other = parity_of[cell]
    address = study.cell_address(cell)
    return {
        "dataset": dataset_of(cell),
        "parity": dataset_of(other),
        "trajectories": [file for run in runs_of(cell) for file in trajectory(run)],
        "inversions": [inversion_of(run) for run in runs_of(cell)],
        "predictions": f"{RESULTS}/predictions/{address}.npz",
        "stragglers": f"{RESULTS}/stragglers/{address}.npz",
        "parity_stragglers": f"{RESULTS}/stragglers/{study.cell_address(other)}.npz",
    }


def drawn_from(figure, subject):
    """Files that a figure is drawn from, the template of its caption among them."""
    files = {table: table_file(table) for table in figure.tables}
    if figure.exemplars:
        (name,) = subject.main
        files["exemplars"] = f"{RESULTS}/figures/exemplars{suffixes[name]}.npz"
    return files | {"caption": str(CHECKOUT / f"workflow/report/{figure.stem}.rst")}


def figure_title(figure, subject):
    titles = subject.main.values() if figure.per_dataset else ()
    return ", ".join([figure.label, *titles])


families = list(study.main_datasets.values())
# Whose samples are listed one by one, where the study has its runs.
listed = Cell(families[0][0], **REFERENCE)
listings = (
    [f"{RESULTS}/stragglers.{kind}" for kind in ("csv", "parquet", "txt")]
    if listed in study.blocks and not study.question
    else []
)
about = partial(Subject, study.defining, study.batch_orders, study.protocol.epochs)
titles = {"networks": study.network_titles, "optimizers": study.optimizer_titles}
all_runs = [run for cell in study.blocks for run in runs_of(cell)]
all_ablations = [study.ablation_address(*key) for key in study.ablations]
