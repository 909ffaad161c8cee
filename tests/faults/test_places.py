"""Folders, users, locales, read-only places, links and moves: wherever a project lies, its results are the same."""

import os
import pwd
import shutil
import subprocess
import sys

import pytest
from harness import contents
from project import SMALLEST, UNDRAWN, Project

pytestmark = pytest.mark.counts("places: odd folders, users, locales, links, read-only places and moves")
FOLDERS = [
    "with space",
    "it's",
    'say "x"',
    "a;b",
    "a&b",
    "$HOME",
    "`x`",
    "(x)",
    "a#b",
    "a*b?",
    "[x]",
    "%41",
    "-n",
    "tab\there",
    "猫 ü",
    "ends.",
    "a=b",
    "a,b",
    "~x",
    "back\\slash",
    "x" * 150,
]


FIRST = ("--cores", "1", "--until", "linear")
"""Two jobs, one after the other: what comes later starts its jobs and names its files in the same way."""


def same_as(undisturbed, folder, done):
    """A study begun well in ``folder``, its files as elsewhere."""
    assert done.returncode == 0, done.stdout + done.stderr
    made, expected = contents(folder), contents(undisturbed)
    assert len(made) > 3 and not [name for name in made if made[name] != expected.get(name)]


@pytest.mark.faults
@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_any_name_serves(tmp_path, undisturbed, name):
    project = Project(tmp_path / name)
    same_as(undisturbed, project, project.snakemake(SMALLEST, *FIRST))


LOCALES = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "another language": {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    "none that there is": {"LC_ALL": "xx_XX.nothing"},
    "Latin": {"PYTHONIOENCODING": "latin-1"},
    "no home": {"HOME": "/nonexistent", "XDG_CACHE_HOME": ""},
    "warnings are shown": {"PYTHONWARNINGS": "always"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "another folder for what is temporary": {"TMPDIR": "tmp of mine"},
}


@pytest.mark.faults
@pytest.mark.parametrize("name", LOCALES)
def test_any_environment_serves(fresh, undisturbed, name):
    (fresh.folder / "tmp of mine").mkdir()
    fresh.environment |= LOCALES[name]
    if "TMPDIR" in LOCALES[name]:
        fresh.environment["TMPDIR"] = str(fresh.folder / "tmp of mine")
    same_as(undisturbed, fresh, fresh.snakemake(SMALLEST, *FIRST))


@pytest.fixture
def nobody():
    """A user without rights and without a home."""
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
    return pwd.getpwnam("nobody").pw_uid


def readable_by_all(folder):
    """Whether others may enter a folder's parents, which they must where it stands elsewhere."""
    for parent in folder.parents:
        # Of another user, but of the same group.
        if parent.stat().st_mode & 0o011 != 0o011:
            parent.chmod(parent.stat().st_mode | 0o011)


@pytest.mark.faults
def test_a_checkout_that_cannot_be_written_to_serves_another_user_elsewhere(fresh, undisturbed, tmp_path, nobody):
    readable_by_all(fresh.folder)
    elsewhere = tmp_path / "of nobody"
    elsewhere.mkdir()
    os.chown(elsewhere, nobody, -1)
    fresh.environment |= {"HOME": "/nonexistent", "XDG_CACHE_HOME": str(elsewhere / ".cache")}
    command = fresh.command(SMALLEST, *FIRST)
    version = [command[0], "-c", "import sys; print(sys.version)"]
    try:
        theirs = subprocess.run(version, user=nobody, cwd="/", capture_output=True, text=True).stdout.strip()
    except PermissionError:
        theirs = None
    if theirs != sys.version:
        pytest.skip("another user cannot run this Python")

    def run(*options):
        return subprocess.run(
            [*command, *options],
            cwd=fresh.folder,
            env=fresh.environment,
            user=nobody,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    refused = run()
    assert (
        refused.returncode and "cannot be written to (name a folder for the results with --directory)" in refused.stderr
    )
    done = run("--directory", str(elsewhere))
    fresh.folder = elsewhere
    same_as(undisturbed, fresh, done)


@pytest.mark.faults
@pytest.mark.parametrize("linked", ["project", "results", ".snakemake"])
def test_links_serve_as_what_they_lead_to(tmp_path, undisturbed, linked):
    project = Project(tmp_path / "there")
    if linked == "project":
        (tmp_path / "link").symlink_to(project.folder)
        project.folder = tmp_path / "link"
    else:
        (tmp_path / "disk").mkdir()
        (project.folder / linked).symlink_to(tmp_path / "disk")
    same_as(undisturbed, project, project.snakemake(SMALLEST, *FIRST))


@pytest.mark.faults
@pytest.mark.parametrize("move", [shutil.copytree, shutil.move])
def test_a_project_goes_on_where_it_was_moved_to(tmp_path, undisturbed, move):
    project = Project(tmp_path / "here")
    same_as(undisturbed, project, project.snakemake(SMALLEST, *FIRST))
    move(project.folder, tmp_path / "there")
    project.folder = tmp_path / "there"
    plan = project.plan(SMALLEST, *UNDRAWN)
    assert not {"prepare", "linear"} & {*plan} and plan["train"] == 1


def test_results_that_cannot_be_written_to_are_named(fresh, nobody):
    """What a job says of a folder that is another's."""
    program = "import sys; from workflow.stragglers.support.sealed import write_text; write_text('x', sys.argv[1])"
    readable_by_all(fresh.folder)
    command = [sys.executable, "-c", program, "results/a.txt"]
    try:
        done = subprocess.run(command, cwd=fresh.folder, user=nobody, capture_output=True, text=True)
    except PermissionError:
        pytest.skip("another user cannot run this Python")
    assert done.returncode
    if "Permission denied: '/" in done.stderr:
        pytest.skip("another user cannot run this Python")
    assert "results/a.txt cannot be written (Permission denied in " in done.stderr
