"""What the documentation tells a user to type: its commands and recipes, taken from its own text."""

import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ADDRESS
from project import REPOSITORY, TINY, Project, users_environment, without_ablations
from sklearn.datasets import load_digits

from workflow.stragglers.geometry.manifolds import Observable, dynamics
from workflow.stragglers.spec.specification import Network

README, EXTENDING, PRODUCTS = (
    (REPOSITORY / name).read_text(encoding="utf-8") for name in ("README.md", "docs/extending.md", "docs/products.md")
)
TEXT = README + EXTENDING + PRODUCTS
COMMAND = re.compile(r"(?:^#? *|`)((?:make|snakemake) +[^`#\n]*?[^`#\n ]) *(?:$|[`#]|  )", re.M)


def documented(*patterns):
    """Commands in these files: a line or a comment of its own, or between backticks."""
    files = [file for pattern in patterns for file in sorted(REPOSITORY.glob(pattern))]
    return list(dict.fromkeys(match for file in files for match in COMMAND.findall(file.read_text(encoding="utf-8"))))


COMMANDS = documented("*.md", "docs/*.md", "config/*.*", "config/*/*/*.yaml", "workflow/rules/*.smk", "Makefile")


def block(after, language):
    """The code block that follows a text of the documentation."""
    assert TEXT.count(after) == 1
    found = re.search(r"```(\w+)\n(.*?)```", TEXT[TEXT.index(after) :], re.S)
    assert found[1] == language
    return found[2]


def replaced(text, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


STRAGGLERS = block('"Which samples are my stragglers?"', "python")
OWN_DATA = block("**In a study of its own.**", "yaml")
FURTHER = block("**A network or an optimiser**", "yaml")
MODULE = block("**A kind of network**", "python")
MODULE_STUDY = block("and name the file and the submodules to observe", "yaml")
OBSERVABLE = block("**An observable**", "python")
ACTIVATION = block("**An activation**", "python")


def test_every_code_block_is_tried():
    tried = [STRAGGLERS, OWN_DATA, FURTHER, MODULE, MODULE_STUDY, OBSERVABLE, ACTIVATION]
    for text in re.findall(r"```\w*\n(.*?)```", TEXT, re.S):
        lines = [line for line in text.splitlines() if line and not line.startswith("# ")]
        assert text in tried or all(COMMAND.match(line) for line in lines), text


def test_the_readme_is_of_one_screen_or_two():
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize(
    "page", [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("*/*.md")], ids=lambda page: page.relative_to(REPOSITORY)
)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]*)\)", text):
        name, _, section = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.M) if section else ()
        assert not section or section in [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]


# Commands


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_make_knows_what_it_is_told(command):
    make = ["make", "--dry-run", *shlex.split(command)[1:]]
    done = subprocess.run(make, cwd=REPOSITORY, env=users_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("snakemake ")])
def test_snakemake_knows_what_it_is_told(finished, command):
    if "profiles/slurm" in command:
        pytest.importorskip("snakemake_executor_plugin_slurm", reason="pip install -r envs/slurm.txt")
    if "--report" in command:
        command = command.replace("results/digits", "results/tiny")
        done = finished.snakemake(TINY, *shlex.split(command)[1:])
    else:
        done = finished.snakemake(None, "--dry-run", *shlex.split(command)[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_paper_can_be_planned(finished):
    assert finished.plan(None, "--configfile", "config/paper.yaml")["train"] > 100


def test_the_paper_can_be_planned_where_its_data_are_at_hand(finished, raw_data):
    plan = finished.plan(None, "--configfile", "config/paper_local.yaml", "--config", f"data_dir={raw_data}")
    assert plan["train"] > 100


def test_a_script_runs_alone_as_contributors_are_told(finished):
    (command,) = (command for command in COMMANDS if "--skip-script-cleanup" in command)
    command = command.replace("results/digits", "results/tiny")
    contributing = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    kept = re.search(r"^python (\S+)$", contributing, re.M)[1]
    for script in finished.folder.glob(kept):
        script.unlink()
    assert finished.snakemake(TINY, *shlex.split(command)[1:]).returncode == 0
    table = finished.folder / shlex.split(command)[1]
    made = table.read_bytes()
    table.unlink()
    (script,) = finished.folder.glob(kept)
    subprocess.run([sys.executable, script], cwd=finished.folder, env=finished.environment, check=True)
    script.unlink()
    assert table.read_bytes() == made
    assert finished.plan() == {}


# What comes out


def test_one_line_finds_the_stragglers(finished, tmp_path, monkeypatch):
    one, *_ = (rows for _, rows in finished.table("stragglers").groupby(["network", "optimizer"]))
    cells = [
        one.assign(dataset=dataset, network=network, optimizer=optimizer, sample_id=one["sample_id"] + shift)
        for shift, (dataset, network, optimizer) in enumerate(
            [("digits", "reference", "gd"), ("other", "reference", "gd"), ("digits", "wide", "gd")]
        )
    ]
    for cell in cells:
        cell["consensus"] = np.arange(len(cell)) % 7 == 0
    (tmp_path / "results/digits/tables").mkdir(parents=True)
    pd.concat(cells).to_parquet(tmp_path / "results/digits/tables/stragglers.parquet")
    monkeypatch.chdir(tmp_path)
    found = eval(STRAGGLERS.strip(), {"pd": pd})
    assert found["sample_id"].tolist() == cells[0].loc[cells[0]["consensus"], "sample_id"].tolist()


def test_docs_are_made_of_finished_studies(finished):
    shutil.copytree(REPOSITORY / "docs", finished.folder / "docs", ignore=shutil.ignore_patterns("*.csv", "*.png"))
    shutil.copy2(REPOSITORY / "README.md", finished.folder)

    def made():
        update = [sys.executable, "docs/update.py", "tiny"]
        done = subprocess.run(update, cwd=finished.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        files = [*(finished.folder / "docs").iterdir(), finished.folder / "README.md"]
        return {file.name: file.read_bytes() for file in files if file.is_file()}

    first = made()
    assert {"tiny_claims.csv", "tiny_inversion.csv", "tiny_ablation.csv", "tiny_fig1_dynamics.png"} <= set(first)
    assert "threshold | digits |" in first["claims.md"].decode()
    assert made() == first


# Recipes


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A project with the README's own data, of which the digits 0 and 1 are an example."""
    project = Project(tmp_path_factory.mktemp("own") / "project")
    digits = load_digits()
    images, classes = digits.images.astype(np.uint8)[..., None], digits.target
    (project.folder / "FOLDER").mkdir()
    np.savez(
        project.folder / "FOLDER/mine.npz",
        x_train=images[:1000],
        y_train=classes[:1000],
        x_test=images[1000:],
        y_test=classes[1000:],
    )
    return project


# Fewer epochs and seeds than in the README, which take a minute more.
SHORTER = (("epochs: 1000", "epochs: 60, device: cpu"), ("[0-9]", "[0-2]"))
OWN_STUDY = yaml.safe_load(replaced(OWN_DATA, *SHORTER))
IN_FOLDER = ("--config", "data_dir=FOLDER")


@pytest.fixture(scope="module")
def own_finished(own):
    """Its tables; the figures of a study without more than this are drawn in other tests."""
    tables = [f"results/mine/tables/{name}.parquet" for name in ("stragglers", "conservation", "ablation")]
    own.run(OWN_STUDY, *tables, *IN_FOLDER)
    return own


def test_own_data_are_studied(own_finished):
    stragglers = own_finished.table("stragglers", "mine")
    assert set(stragglers["class"]) == {0, 1}
    assert set(own_finished.table("ablation", "mine")["removed"]) >= {"none", "misclassified_at"}
    assert len(own_finished.table("conservation", "mine"))


def test_a_network_and_an_optimizer_are_a_line_each(own_finished):
    more = yaml.safe_load(replaced(FURTHER, ("[0-9]", "[0-2]")))
    cells = len(more["networks"]) * len(more["optimizers"])
    plan = own_finished.plan(OWN_STUDY | more, *IN_FOLDER)
    assert plan["train"] == cells - 1 and "prepare" not in plan and "ablate" not in plan


def test_a_module_of_ones_own_is_a_file_and_a_line(fresh):
    (fresh.folder / "networks/mine.py").write_text(MODULE, encoding="utf-8")
    config = without_ablations("0-1") | yaml.safe_load(MODULE_STUDY)
    config["training"] = {"epochs": 4, "device": "cpu"}
    config["runs"][0]["networks"] = ["reference", "mine"]
    fresh.run(config, "results/tiny/tables/dynamics.parquet")
    table = fresh.table("dynamics").query("network == 'mine'")
    assert set(table["layer_name"]) == {"0", "1"} and set(table["epoch"]) == set(range(5))
    with fresh.edited("networks/mine.py", "8, 3, padding=1", "8, 5, padding=2"):
        assert fresh.plan(config)["train"] == 1


def test_an_observable_needs_no_training(finished, small, trained):
    with finished.edited(
        "workflow/stragglers/geometry/observables.py", "(*INVERTING,", f"(*INVERTING, {OBSERVABLE.strip()},"
    ):
        plan = finished.plan()
    assert plan["observables"] == 4 and not {"train", "inversion", "ablate"} & set(plan)
    observables = eval(f"[{OBSERVABLE.strip()}]", {"np": np, "Observable": Observable})
    (observable,) = observables
    trajectory = trained(small, Network(width=6))
    row = dynamics(trajectory, ADDRESS, observables).query("epoch == 7 and run == 1").iloc[0]
    assert row[observable.name] == pytest.approx(trajectory.gram[7, 1, 0, 0, 1], abs=1e-6)


def test_an_activation_is_an_entry_and_a_name(own):
    (name,) = re.findall(r'"(\w+)": Activation', ACTIVATION)
    config = OWN_STUDY | {"networks": {"reference": {"activation": name}}}
    names = "enum: [tanh, relu, linear"
    with (
        own.edited(
            "workflow/stragglers/training/activations.py", "ACTIVATIONS = {\n", f"ACTIVATIONS = {{\n{ACTIVATION}"
        ),
        own.edited("workflow/schemas/config.schema.yaml", names, f"{names}, {name}"),
    ):
        own.run(config, "--until", "train", *IN_FOLDER)
