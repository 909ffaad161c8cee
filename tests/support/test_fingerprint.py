import shutil
import sys
from pathlib import Path

import pytest
from conftest import seeds_table
from project import REPOSITORY

from workflow.stragglers.analysis.derived import DERIVED
from workflow.stragglers.data.own import READERS
from workflow.stragglers.figures.registry import FIGURES
from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.support import fingerprint as module
from workflow.stragglers.support.fingerprint import fingerprint, reached
from workflow.stragglers.training.loop import train


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the workflow whose library the fingerprint reads."""
    shutil.copytree(REPOSITORY / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "LIBRARY", tmp_path / "workflow/stragglers")
    return tmp_path / "workflow/stragglers"


def of(library, script="train", *imported):
    return fingerprint(library.parent / "scripts" / f"{script}.py", *imported)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""The runs that train', '"""Here are the runs that train'),
        ("        # Whole bytes", "        # Changed words\n        # Whole bytes"),
        ("def block_values", "\n\n\n# A remark.\n\n\ndef block_values"),
        ('    """Runs that go through', '    """Other words. Runs that go through'),
        ("loss / self.n_kept}", "(loss   /   self.n_kept)}"),
    ],
    ids=["docstring", "comment", "blank lines", "function docstring", "layout"],
)
def test_words_and_layout_leave_it(library, old, new):
    before = of(library)
    edit(library / "training/ensemble.py", old, new)
    assert of(library) == before


def test_an_attributes_docstring_leaves_it(library):
    before = of(library, "prepare")
    edit(library / "data/datasets.py", '"""Index of each training point', '"""The index of each training point')
    assert of(library, "prepare") == before


def test_a_changed_formula_changes_it(library):
    before = of(library)
    edit(library / "training/ensemble.py", "loss / self.n_kept}", "loss * self.n_kept}")
    assert of(library) != before


def test_a_changed_constant_changes_it(library):
    before = of(library, "prepare")
    edit(library / "data/sources.py", "DIGITS_TRAIN = 1500", "DIGITS_TRAIN = 1501")
    assert of(library, "prepare") != before


def test_a_module_imported_by_a_module_counts(library):
    before = of(library)
    assert "dense" not in (library.parent / "scripts/train.py").read_text(encoding="utf-8")
    edit(library / "training/dense.py", "n_in**-0.5", "n_in**-0.6")
    assert of(library) != before


def test_a_module_that_is_not_imported_does_not_count(library):
    before = of(library)
    for other in ("geometry/inversion", "sets/conservation", "sets/ablation", "study/study"):
        edit(library / f"{other}.py", "\nimport ", "\nUNRELATED = 1\nimport ")
    assert of(library) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "geometry/observables.py",
            'Observable("angle", centre_angle, "angle")',
            'Observable("angle", centre_angle, "angle"), Observable("one", lambda m: 1, "1")',
        ),
        ("training/progress.py", "epoch %d of %d", "at epoch %d of %d"),
        ("spec/specification.py", "class AblationPlan:", "class AblationPlan:\n    extra: int = 0"),
        ("spec/specification.py", "class Defining:", "class Defining:\n    extra: int = 0"),
        ("data/sources.py", "DIGITS_TRAIN = 1500", "DIGITS_TRAIN = 1501"),
        ("training/trajectory.py", "def read_trajectories", "def unused():\n    pass\n\n\ndef read_trajectories"),
    ],
    ids=["an observable", "a log line", "a key of ablations", "a key of the detection", "a data source", "a function"],
)
def test_what_training_does_not_reach_leaves_it(library, file, old, new):
    before = of(library)
    edit(library / file, old, new)
    assert of(library) == before


def test_a_key_changes_what_reads_it(library):
    before = of(library, "inversion"), of(library, "ablate")
    edit(library / "spec/specification.py", "class Detection:", "class Detection:\n    extra: int = 0")
    after = of(library, "inversion"), of(library, "ablate")
    assert before[0] != after[0] and before[1] == after[1]


def test_where_a_definition_stands_does_not_matter(library):
    script = library.parent / "scripts/mine.py"
    script.write_text("from workflow.stragglers.above import f\n\nprint(f())", encoding="utf-8")
    (library / "above.py").write_text("from .below import value\n\n\ndef f():\n    return value()", encoding="utf-8")
    (library / "below.py").write_text("def value():\n    return 1", encoding="utf-8")
    before = fingerprint(script)
    (library / "room").mkdir()
    (library / "room/__init__.py").touch()
    (library / "below.py").rename(library / "room/below.py")
    edit(library / "above.py", "from .below", "from .room.below")
    assert fingerprint(script) == before
    edit(library / "room/below.py", "return 1", "return 2")
    assert fingerprint(script) != before


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("from ..extra import VALUE", "from workflow.stragglers.room.inner import VALUE"),
        ("from .. import extra", "from workflow.stragglers.room import inner"),
        ("from ..extra import VALUE as value", "from workflow.stragglers.room.inner import value"),
        ("import workflow.stragglers.extra", "import workflow.stragglers.room.inner"),
        ("def f():\n    from ..extra import VALUE", "from workflow.stragglers.room.inner import f"),
    ],
)
def test_imports_from_inside_a_package_count(library, inside, outside):
    (library / "room").mkdir()
    (library / "room/__init__.py").touch()
    (library / "room/inner.py").write_text(inside, encoding="utf-8")
    (library / "extra.py").write_text("VALUE = 1", encoding="utf-8")
    script = library.parent / "scripts/mine.py"
    script.write_text(outside, encoding="utf-8")
    before = fingerprint(script)
    (library / "extra.py").write_text("VALUE = 2", encoding="utf-8")
    assert fingerprint(script) != before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = {}", "X = {}\nX['a'] = 1"),
        ("X = {}", "X = {}\nfor name in 'ab':\n    X[name] = 1"),
        ("from .extra import listed\n", "from .extra import listed\n@listed\ndef f():\n    pass\n"),
        ("import os", "import os\nos.environ['A'] = 'b'"),
        ("from math import sin as f", "from math import cos as f"),
    ],
    ids=["an entry", "a loop", "a decorator", "the environment", "another import"],
)
def test_what_a_module_does_when_it_is_imported_counts(library, before, after):
    (library / "extra.py").write_text("ALL = []\n\n\ndef listed(f):\n    ALL.append(f)\n    return f", encoding="utf-8")
    script = library.parent / "scripts/mine.py"
    script.write_text("from workflow.stragglers.room import value", encoding="utf-8")
    (library / "room").mkdir()
    (library / "room/__init__.py").write_text(f"{before}\n\nvalue = 1 if f else 2", encoding="utf-8")
    first = fingerprint(script)
    (library / "room/__init__.py").write_text(f"{after}\n\nvalue = 1 if f else 2", encoding="utf-8")
    assert fingerprint(script) != first


def of_figures(library):
    return {figure.stem: of(library, "figure", f"figures.{figure.stem}") for figure in FIGURES}


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("fig3_universality", "ANNOTATED = 14", "ANNOTATED = 15", {"fig3_universality"}),
        ("fig3_universality", '"""Panels of overlaps', '"""Parts', set()),
        (
            "registry",
            "FIGURES = (",
            'FIGURES = (\n    Figure("fig4", "4: more", ()),',
            set(),
        ),
        ("layout", "WIDTHS = {1: 3.4, 2: 7.2}", "WIDTHS = {1: 3.4, 2: 7.3}", {figure.stem for figure in FIGURES}),
        (
            "style",
            "room = inches(axis)",
            "room = 2 * inches(axis)",
            {
                *("fig1_dynamics", "fig2_stragglers", "figs5_factors", "figs6_conservation"),
                *("figq_classes", "figq_convolutions", "figq_tasks"),
            },
        ),
    ],
    ids=["a figure", "a docstring", "another figure", "all figures' width", "what some figures use"],
)
def test_a_figure_stands_for_what_draws_it(library, file, old, new, changed):
    before = of_figures(library)
    assert len({*before.values()}) == len(FIGURES)
    edit(library / f"figures/{file}.py", old, new)
    after = of_figures(library)
    assert {stem for stem in before if before[stem] != after[stem]} == changed


def test_a_derived_table_stands_for_what_derives_it(library):
    before = {table: of(library, "derived", f"analysis.{table}.derive") for table in DERIVED}
    edit(library / "analysis/variance.py", "ddof=1", "ddof=0")
    after = {table: of(library, "derived", f"analysis.{table}.derive") for table in DERIVED}
    assert {table for table in DERIVED if before[table] != after[table]} == {"variance"}


@pytest.mark.parametrize("name", ["extra", "extra.VALUE", "room.inner", "room.inner.f"])
def test_what_is_imported_by_a_given_name_counts(library, name):
    (library / "room").mkdir()
    (library / "room/__init__.py").touch()
    (library / "room/inner.py").write_text(
        "from ..extra import VALUE\n\n\ndef f():\n    return VALUE", encoding="utf-8"
    )
    (library / "extra.py").write_text("VALUE, OTHER = 1, 2", encoding="utf-8")
    before, without = of(library, "train", name), of(library, "train")
    assert before != without
    edit(library / "extra.py", "1, 2", "3, 2")
    assert of(library, "train", name) != before and of(library, "train") == without


def test_beside_a_given_name_its_module_does_not_count(library):
    (library / "extra.py").write_text("VALUE = 1\nOTHER = 2", encoding="utf-8")
    before = of(library, "train", "extra.VALUE")
    edit(library / "extra.py", "OTHER = 2", "OTHER = 3")
    assert of(library, "train", "extra.VALUE") == before


def test_all_that_training_runs_is_reached(small, tmp_path):
    library, script = REPOSITORY / "workflow/stragglers", REPOSITORY / "workflow/scripts/train.py"
    ran = set()

    def profile(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and library in path.parents:
            ran.add((path, frame.f_code.co_qualname.partition(".")[0]))

    def run(name):
        optimizer = Optimizer(settings={"lr": 0.1})
        train(small, Network(depth=3), optimizer, Protocol(3), seeds_table([0, 1]), tmp_path / name)

    # What torch imports at first would be profiled, too.
    run("first")
    sys.setprofile(profile)
    try:
        run("second")
    finally:
        sys.setprofile(None)
    names = {(path, name) for path, name in ran if not name.startswith("<")}
    assert {name for _, name in names} > {"train", "Ensemble", "Dense", "Centres", "Recorder", "features"}
    assert names <= set(reached(script))


def test_the_script_itself_counts(library):
    before = of(library, "table")
    script = library.parent / "scripts/table.py"
    script.write_text(script.read_text(encoding="utf-8") + "\nprint(1)\n", encoding="utf-8")
    assert of(library, "table") != before


def test_where_the_repository_lies_does_not_matter(library):
    assert of(library) == module.fingerprint(library.parent / "scripts/train.py")
    here = [of(library, script.stem) for script in sorted((library.parent / "scripts").glob("*.py"))]
    module.LIBRARY = REPOSITORY / "workflow/stragglers"
    there = [fingerprint(script) for script in sorted((REPOSITORY / "workflow/scripts").glob("*.py"))]
    assert here == there


@pytest.mark.parametrize(
    "statement",
    [
        "from workflow.stragglers import extra",
        "from workflow.stragglers.extra import VALUE",
        "import workflow.stragglers.extra",
        "import workflow.stragglers.extra as e",
        "def f():\n    from workflow.stragglers import extra",
    ],
)
def test_every_form_of_import_counts(library, statement):
    script = library.parent / "scripts/mine.py"
    script.write_text(statement, encoding="utf-8")
    (library / "extra.py").write_text("VALUE = 1", encoding="utf-8")
    before = fingerprint(script)
    (library / "extra.py").write_text("VALUE = 2", encoding="utf-8")
    assert fingerprint(script) != before


@pytest.mark.parametrize("statement", ["from . import extra", "from .extra import VALUE"])
def test_relative_imports_inside_the_library_count(library, statement):
    script = library.parent / "scripts/mine.py"
    script.write_text("from workflow.stragglers import middle", encoding="utf-8")
    (library / "middle.py").write_text(statement, encoding="utf-8")
    (library / "extra.py").write_text("VALUE = 1", encoding="utf-8")
    before = fingerprint(script)
    (library / "extra.py").write_text("VALUE = 2", encoding="utf-8")
    assert fingerprint(script) != before


def test_modules_that_import_each_other_end(library):
    (library / "a.py").write_text("from . import b", encoding="utf-8")
    (library / "b.py").write_text("from . import a", encoding="utf-8")
    script = library.parent / "scripts/mine.py"
    script.write_text("from workflow.stragglers import a", encoding="utf-8")
    assert fingerprint(script)


@pytest.mark.parametrize("module", ["own", "folder", "table", "arrays", "toys", "samples", "flips"])
def test_own_data_are_nothing_to_what_others_rest_on(library, module):
    scripts = ("prepare", "train", "ablate")
    before = [of(library, script) for script in scripts]
    with open(library / f"data/{module}.py", "a", encoding="utf-8") as file:
        file.write("\nprint(1)\n")
    edit(library / "spec/own.py", "class OwnDataset(Dataset):", "class OwnDataset(Dataset):\n    extra: int = 0")
    assert [of(library, script) for script in scripts] == before
    assert of(library, "own", "data.folder.read") != of(library, "own", "data.table.read")


def test_a_reader_of_own_data_stands_for_its_source_alone(library):
    before = {reader: of(library, "own", f"data.{reader}.read") for reader in READERS.values()}
    edit(library / "data/folder.py", "frames > 1", "frames > 2")
    after = {reader: of(library, "own", f"data.{reader}.read") for reader in READERS.values()}
    assert {reader for reader in before if before[reader] != after[reader]} == {"folder"}
