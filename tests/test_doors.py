"""The doors of the workflow: files, folders and paths as users have them, seen from the outside."""

import copy
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from project import REPOSITORY, TINY, Project, changed, without_ablations

PROJECT = "a {b} 'c' \"d\" $e; f&`g"
"""A folder's name that a shell, Snakemake and Python's format would each take apart."""


@pytest.fixture(scope="session")
def odd(tmp_path_factory):
    """A project of that name, with a Python of its own inside, whose study has its own data."""
    project = Project(tmp_path_factory.mktemp("odd") / PROJECT)
    shutil.copy2(REPOSITORY / "Makefile", project.folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project.folder / ".venv"], check=True)
    (packages,) = (project.folder / ".venv/lib").glob("python*/site-packages")
    installed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "installed.pth").write_text("\n".join(installed), encoding="utf-8")
    (project.folder / ".venv/installed").touch()
    project.environment["CUDA_VISIBLE_DEVICES"] = ""
    data = project.folder / "my = data"
    data.mkdir()
    rng = np.random.default_rng(0)
    classes = rng.integers(4, size=200)
    images = rng.normal(classes[:, None] % 2, 1, (200, 6))
    np.savez(data / "own.npz", x_train=images[:150], y_train=classes[:150], x_test=images[150:], y_test=classes[150:])
    return project


OWN = {
    "study": "tiny",
    "datasets": {"own": {"source": "npz", "file": "own.npz"}},
    "networks": {"reference": {}},
    "optimizers": {"gd": {"lr": 0.5}},
    "training": {"epochs": 30, "device": "cpu"},
    "runs": [{"datasets": ["own"], "seeds": ["0-1"]}],
}


def make(project, *arguments):
    command = ["make", "figures", "CORES=2", "DATA_DIR=my = data", *arguments]
    return subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


OWN_TABLE = "kind,x,y\n" + "u,1,2\nv,2,1\n" * 5


def make_stragglers(project, *arguments):
    """What `make stragglers` would run, as far as planning it."""
    command = ["make", "stragglers", "CORES=2 --dry-run", *arguments]
    return subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


# The Makefile


def test_make_works_in_any_folder_on_any_file_with_data_anywhere(odd):
    file = odd.folder / "my 'study'.yaml"
    file.write_text(yaml.safe_dump(OWN).replace("study: tiny", "study: tiny  # second try\r"), encoding="utf-8")
    done = make(odd, f"CONFIG={file.name}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (odd.folder / "results/tiny/report.html").stat().st_size > 1e5
    assert "Figures and tables are in results/tiny." in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "config, mine.yaml: cannot be read: No such file or directory"),
        ("study: tiny\nstudy: $(touch pwned)\n", "config, study: stands twice, in lines 1 and 2 of mine.yaml"),
        ("study: $(touch pwned)\n" + yaml.safe_dump({**OWN, "study": 1}).replace("study: 1\n", ""), "config, study: "),
        ('study: tiny\ndata_dir: "C:\\Users"\n', "config, mine.yaml, line 2: "),
    ],
)
def test_make_refuses_a_file_in_one_line_and_runs_nothing_of_it(odd, text, message):
    file = odd.folder / "mine.yaml"
    file.unlink(missing_ok=True)
    if text:
        file.write_text(text, encoding="utf-8")
    done = make(odd, f"CONFIG={file.name}")
    error, made = lines(done.stderr)
    assert done.returncode and error.startswith(f"Error: {message}") and made.startswith("make: ***")
    assert not (odd.folder / "pwned").exists()


@pytest.mark.parametrize("name", ['it\'s "my" {data} `touch pwned`; # & 猫', "2024", "key: value"])
def test_make_finds_own_data_of_any_name(odd, name):
    file = odd.folder / name / "a = b.csv"
    file.parent.mkdir()
    file.write_text(OWN_TABLE, encoding="utf-8")
    done = make_stragglers(odd, f"DATA={name}/a = b.csv", "LABEL=kind")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Study a_b: the table a = b.csv, every class told apart" in done.stderr
    assert re.search(r"^own +1$", done.stdout + done.stderr, re.M) and "prepare" not in done.stdout
    assert not (odd.folder / "pwned").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name your data: make stragglers DATA=PATH"),
        (["DATA=gone.csv"], "Error: data, gone.csv: there is no such file or folder; correct the path"),
        (["DATA=wine", "LABEL=kind"], "Error: label, kind: only a table has columns"),
        (["DATA=wine", "NAME=runs"], "Error: config, study: 'runs' does not match"),
    ],
)
def test_make_refuses_what_is_no_data_in_one_line(odd, arguments, message):
    odd.environment["NAME"] = "of the machine"
    done = make_stragglers(odd, *arguments)
    said = [line for line in lines(done.stderr) if message in line]
    assert done.returncode and len(said) == 1 and "Traceback" not in done.stderr, done.stderr


def test_own_data_do_not_take_the_name_of_a_shipped_study(odd):
    done = make_stragglers(odd, "DATA=digits")
    assert done.returncode == 0 and "results/digits_data." in done.stderr


# Results that move, and data that go


def test_a_moved_project_runs_nothing_again(odd, tmp_path):
    moved = Project(tmp_path / "elsewhere")
    shutil.copytree(odd.folder, moved.folder, dirs_exist_ok=True, symlinks=True)
    assert moved.plan(OWN, "--config", "data_dir=my = data") == {}


def test_a_finished_study_outlives_its_data(odd):
    data = odd.folder / "my = data"
    data.rename(odd.folder / "away")
    try:
        options = ("--config", "data_dir=my = data")
        assert odd.plan(OWN, *options) == {}
        assert odd.snakemake(OWN, *options, "--report", "again.html").returncode == 0
        other = {**OWN, "datasets": {"own": {**OWN["datasets"]["own"], "task": {"pair": [0, 1]}}}}
        assert odd.snakemake(other, *options, "--unlock").returncode == 0
        refused = odd.snakemake(other, *options, "--dry-run")
        assert refused.returncode and "config, datasets.own: `file: own.npz` is not in `data_dir`" in refused.stderr
    finally:
        (odd.folder / "away").rename(data)


def test_a_report_before_the_run_is_told_to_run_first(odd):
    done = odd.snakemake({**OWN, "study": "later"}, "--config", "data_dir=my = data", "--report", "later.html")
    assert done.returncode and lines(done.stderr)[-1].startswith("Error: later is not finished")
    assert len(lines(done.stderr)) == 2


def test_a_run_until_a_rule_claims_no_figures(odd):
    study = {**without_ablations("0"), "study": "until", "training": {"epochs": 3, "device": "cpu"}}
    done = odd.run(study, "--until", "prepare")
    assert "Figures and tables are in" not in done.stdout


# The workflow from another Snakefile, and what Snakemake alone sees


def test_the_rules_serve_another_workflow(odd, tmp_path):
    checkout = Project(tmp_path / "check 'out'")
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(OWN), encoding="utf-8")
    (tmp_path / "Snakefile").write_text(
        'configfile: "study.yaml"\n'
        f"module stragglers:\n    snakefile: {str(checkout.folder / 'Snakefile')!r}\n    config: config\n"
        "use rule * from stragglers as s_*\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "snakemake", "--nocolor", "--cores", "2", "s_prepare_all"]
    (tmp_path / "Snakefile").open("a", encoding="utf-8").write(
        "rule s_prepare_all:\n    input: rules.s_linear_table.input.fits\n"
    )
    options = ["--config", f"data_dir={odd.folder / 'my = data'}"]
    done = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        env=odd.environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob("results/runs/*/linear.parquet"))


@pytest.mark.parametrize(
    ("config", "options", "message"),
    [
        ("study: tiny\n" + yaml.safe_dump(TINY), (), "config, study: stands twice, in lines 1 and"),
        (changed("networks", {"reference": {}, True: {}}), (), "config, networks: the name 'true' in line"),
        (changed("training", {"epochs": 1e15}), (), "config, training.epochs: "),
        (TINY, ("--config", "training={test_every: x}"), "config, training.test_every: 'x' is not of type 'integer'"),
        (changed("training.device", "cuda"), (), "config, training.device: torch finds no GPU here"),
    ],
    ids=["twice", "name", "size", "nested", "cuda"],
)
def test_snakemake_says_in_one_line_what_is_wrong(odd, config, options, message):
    done = odd.snakemake(config, "--dry-run", *options)
    _, line = lines(done.stderr)
    assert done.returncode and done.stdout == "" and line.startswith(f"Error: {message}")


def test_nested_values_of_the_command_line_are_used(odd):
    plan = odd.plan(TINY, "--config", "training={epochs: 7.0, test_every: 2}", "data_dir=~")
    assert plan["train"] == 3


def test_neither_locale_nor_home_nor_display_matter(odd):
    odd_ones = {
        **{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        **{"HOME": "/dev/null", "MPLBACKEND": "no such backend"},
    }
    study = copy.deepcopy(OWN)
    study["datasets"]["own"]["title"] = "żółw"
    file = odd.folder / "mine.yaml"
    file.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    command = odd.command(None, "--cores", "1", "--configfile", file.name, "--config", "data_dir=my = data", "--")
    done = subprocess.run(
        [*command, "results/tiny/figures/figs3_detection.png"],
        cwd=odd.folder,
        env=odd.environment | odd_ones,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "żółw" in (odd.folder / "results/tiny/figures/figs3_detection.rst").read_text(encoding="utf-8")


def test_a_brace_in_a_checkout_elsewhere_is_named(odd, tmp_path):
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--snakefile", odd.folder / "Snakefile"]
    done = subprocess.run(command, cwd=tmp_path, env=odd.environment, capture_output=True, text=True)
    assert done.returncode and "has braces, which mean wildcards" in lines(done.stderr)[-1]
