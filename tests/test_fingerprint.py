import shutil

import pytest
from project import REPOSITORY

from workflow.stragglers import fingerprint as module
from workflow.stragglers.fingerprint import fingerprint


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the workflow whose library the fingerprint reads."""
    shutil.copytree(REPOSITORY / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "LIBRARY", tmp_path / "workflow/stragglers")
    return tmp_path / "workflow/stragglers"


def of(library, script="train"):
    return fingerprint(library.parent / "scripts" / f"{script}.py")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Train an ensemble', '"""Here we train an ensemble'),
        ("        # Whole bytes", "        # Changed words\n        # Whole bytes"),
        ("def pick_device", "\n\n\n# A remark.\n\n\ndef pick_device"),
        ('    """``auto`` is the GPU', '    """Other words. ``auto`` is the GPU'),
        ("loss / self.n_kept,", "(loss   /   self.n_kept),"),
    ],
    ids=["docstring", "comment", "blank lines", "function docstring", "layout"],
)
def test_words_and_layout_leave_it(library, old, new):
    before = of(library)
    edit(library / "training.py", old, new)
    assert of(library) == before


def test_an_attributes_docstring_leaves_it(library):
    before = of(library, "prepare")
    edit(library / "datasets.py", '"""Index of each training point', '"""The index of each training point')
    assert of(library, "prepare") == before


def test_a_changed_formula_changes_it(library):
    before = of(library)
    edit(library / "training.py", "loss / self.n_kept,", "loss * self.n_kept,")
    assert of(library) != before


def test_a_changed_constant_changes_it(library):
    before = of(library, "prepare")
    edit(library / "sources.py", "DIGITS_TRAIN = 1500", "DIGITS_TRAIN = 1501")
    assert of(library, "prepare") != before


def test_a_module_imported_by_a_module_counts(library):
    before = of(library)
    assert "networks" not in (library.parent / "scripts/train.py").read_text(encoding="utf-8")
    edit(library / "networks.py", "n_in**-0.5", "n_in**-0.6")
    assert of(library) != before


def test_a_module_that_is_not_imported_does_not_count(library):
    before = of(library)
    for other in ("inversion", "misclassified", "ablation", "study"):
        edit(library / f"{other}.py", "\nimport ", "\nUNRELATED = 1\nimport ")
    assert of(library) == before


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
