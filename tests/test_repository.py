"""What holds the repository together: pinned versions, documented keys, formatting, lint."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from jsonschema import Draft202012Validator
from project import REPOSITORY

from docs.update import explain, insert, keys_markdown, keys_tables, reliability_markdown
from workflow.stragglers.figures.registry import FIGURES

MODULES = [path for folder in ("workflow", "tests", "docs") for path in (REPOSITORY / folder).rglob("*.py")]


def locked():
    lines = (REPOSITORY / "envs/requirements.txt").read_text(encoding="utf-8").splitlines()
    return {
        re.sub("[-_.]+", "-", name).lower(): version
        for name, version in (line.split("==") for line in lines if "==" in line)
    }


def test_the_conda_file_states_the_locked_versions():
    environment = yaml.safe_load((REPOSITORY / "envs/stragglers.yaml").read_text(encoding="utf-8"))
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    pins = locked()
    assert pip
    for requirement in pip:
        name, version = requirement.split("==")
        assert pins[name.lower()] == version


def test_the_lock_holds_every_direct_requirement():
    lines = (REPOSITORY / "envs/requirements.in").read_text(encoding="utf-8").splitlines()
    names = {line.split("==")[0].lower() for line in lines if line and not line.startswith("#")}
    assert names <= set(locked())


def test_the_lock_names_no_index():
    assert "://" not in (REPOSITORY / "envs/requirements.txt").read_text(encoding="utf-8")


def test_the_config_readme_shows_every_key_as_the_schemas_have_it():
    text = (REPOSITORY / "config/README.md").read_text(encoding="utf-8")
    assert sorted(re.findall("<!-- (keys.*?): make docs -->", text)) == sorted(keys_tables())
    assert explain(text) == text, "its tables are stale: python docs/update.py"


def test_the_page_on_reliability_shows_what_the_suite_of_faults_recorded():
    page = (REPOSITORY / "docs/reliability.md").read_text(encoding="utf-8")
    counts = pd.read_csv(REPOSITORY / "docs/reliability.csv")
    assert len(counts) and insert(page, "reliability", reliability_markdown(counts)) == page


def test_a_key_is_shown_with_its_choices_and_its_default():
    definitions = {"names": {"description": "Names.", "type": "array"}}
    properties = {
        "a": {"enum": ["x", "y", "z"], "description": "Kind.", "default": "y"},
        "b": {"$ref": "#/$defs/names", "default": ["x", 1]},
        "c": {"$ref": "#/$defs/names", "description": "p | q."},
        "d": {"description": "Bare."},
    }
    assert keys_markdown({"required": ["c"], "properties": properties}, definitions).splitlines()[2:] == [
        "| `a` | `x`, `y` or `z`. Kind. | `y` |",
        "| `b` | Names. | `[x, 1]` |",
        r"| `c` | p \| q. | required |",
        "| `d` | Bare. |  |",
    ]


@pytest.mark.parametrize("file", sorted(REPOSITORY.glob("config/**/*.yaml")), ids=str)
def test_a_configuration_names_the_schema_that_it_meets(file):
    first, *_ = text = file.read_text(encoding="utf-8").splitlines()
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    schema = yaml.safe_load((file.parent / named[1]).read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(yaml.safe_load("\n".join(text)))


def test_the_two_paper_studies_differ_in_their_sources_only():
    paper, local = (
        yaml.safe_load((REPOSITORY / f"config/{name}.yaml").read_text(encoding="utf-8"))
        for name in ("paper", "paper_local")
    )
    for config in (paper, local):
        del config["study"]
        for entry in config["datasets"].values():
            for key in ("source", "file", "title"):
                entry.pop(key, None)
    assert paper == local


def opens_text_without_encoding(call):
    name = f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    binary = any(isinstance(node, ast.Constant) and node.value in ("rb", "wb", "ab", "r+b") for node in call.args)
    opens = name in (".read_text", ".write_text", ".FileHandler") or (name in ("open", ".open") and not binary)
    return opens and not any(keyword.arg == "encoding" for keyword in call.keywords)


@pytest.mark.parametrize("file", sorted(MODULES), ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_text_is_read_and_written_in_utf_8_whatever_the_locale(file):
    calls = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if opens_text_without_encoding(call)]


TOUCHING = re.compile(
    r"np\.(load|save\w*|memmap)|.+\.(read_parquet|read_schema|to_parquet|to_csv|savefig|write_text|write_bytes|tofile)"
)
OWN = "a user's own file"
AROUND = {
    ("sources.py", "np.load"): OWN,
    ("arrays.py", "np.load"): OWN,
    ("table.py", "pd.read_parquet"): OWN,
    ("trials.py", "table.to_csv"): OWN,
    ("stream.py", "open"): "it bears a seal once it is whole, and a checksum of what there is before",
    ("checkpoint.py", "open"): "a lock, and a file with its checksum in it",
}


def touches_a_file(call):
    """Whether a call reads or writes a file as the workflow's are; ``to_csv()`` without a path gives a text."""
    name = ast.unparse(call.func)
    modes = [node.value for node in call.args if isinstance(node, ast.Constant)]
    return bool(call.args and TOUCHING.fullmatch(name)) or (name == "open" and "wb" in modes)


def holds_a_whole_file(block):
    calls = [item.context_expr for item in block.items if isinstance(item.context_expr, ast.Call)]
    return any(ast.unparse(call.func) in ("reading", "writing", "replacing") for call in calls)


@pytest.mark.parametrize(
    "file", sorted(set(MODULES) - set(REPOSITORY.glob("tests/**/*.py"))), ids=lambda path: path.name
)
def test_files_are_read_and_written_by_way_of_their_seals(file):
    nodes = list(ast.walk(ast.parse(file.read_bytes())))
    held = {
        node for block in nodes if isinstance(block, ast.With) and holds_a_whole_file(block) for node in ast.walk(block)
    }
    calls = [node for node in nodes if isinstance(node, ast.Call) and touches_a_file(node) and node not in held]
    assert not [call.lineno for call in calls if (file.name, ast.unparse(call.func)) not in AROUND]


CHECKS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["snakefmt", "--check", "Snakefile", "workflow/rules"],
    ["snakemake", "--lint"],
]


@pytest.mark.parametrize("command", CHECKS, ids=lambda command: " ".join(command[:2]))
def test_checks_are_clean(command):
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run([program, *command[1:]], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_continuous_integration_checks_and_tests():
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert {f".venv/bin/{' '.join(check)}" for check in CHECKS} | {".ci/run"} <= {*commands}


def test_a_rule_and_its_script_share_a_stem():
    rules = "".join(file.read_text(encoding="utf-8") for file in REPOSITORY.glob("workflow/rules/*.smk"))
    scripts = {file.stem for file in REPOSITORY.glob("workflow/scripts/*.py")}
    assert {Path(script).stem for script in re.findall(r'"\.\./scripts/(\w+\.py)"', rules)} == scripts
    assert scripts <= set(re.findall(r"^ *rule (\w+):", rules, re.M))


def test_a_figure_its_module_and_the_template_of_its_caption_share_a_stem():
    stems = [figure.stem for figure in FIGURES]
    folders = {"workflow/stragglers/figures": "py", "workflow/report": "rst"}
    for folder, kind in folders.items():
        assert sorted(file.stem for file in (REPOSITORY / folder).glob(f"fig[0-9sq]*_*.{kind}")) == sorted(stems)


def test_what_plans_the_figures_imports_nothing_that_draws_them():
    program = "import sys, workflow.stragglers.figures.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert not {"matplotlib", "seaborn", "pandas", "numpy", "torch"} & {*done.stdout.split()}
