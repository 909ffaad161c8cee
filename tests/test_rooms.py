"""The library's rooms: each imports from those above it only, as the library itself lists them."""

import ast
import re

import pytest
from project import REPOSITORY

import workflow.stragglers

LIBRARY = REPOSITORY / "workflow/stragglers"
ROOMS = re.findall(r"^(\w+)  +\S", workflow.stragglers.__doc__, re.M)
MODULES = [path.relative_to(LIBRARY) for path in sorted(LIBRARY.rglob("*.py")) if path.name != "__init__.py"]


def rooms_read(module):
    """Rooms that a module imports from."""
    for node in ast.walk(ast.parse((LIBRARY / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            yield node.module.partition(".")[0]
        # Everything else of the library comes from the same room.
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not [name for name in names if name.startswith("workflow")]


def test_the_rooms_are_those_that_the_library_lists():
    folders = [path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert sorted(ROOMS) == sorted(folders)
    assert {module.parts[0] for module in MODULES} == {*ROOMS}
    assert len(workflow.stragglers.__doc__.splitlines()) <= 20


def test_contributors_are_shown_the_rooms_as_the_library_lists_them():
    listed = "\n".join(re.findall(r"^\w+  +\S.*", workflow.stragglers.__doc__, re.M))
    assert listed in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_tests_mirror_the_rooms():
    folders = {path.name for path in REPOSITORY.glob("tests/*") if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*ROOMS, "faults"}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_from_rooms_above_its_own(module):
    above = ROOMS[: ROOMS.index(module.parts[0])]
    assert {*rooms_read(module)} <= {*above}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_read_in_one_go(module):
    assert len((LIBRARY / module).read_text(encoding="utf-8").splitlines()) <= 300
