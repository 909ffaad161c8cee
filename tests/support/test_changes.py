import subprocess
import sys

import pytest
from project import TINY

from workflow.stragglers.support.changes import differing

MANIFOLDS = "workflow/stragglers/geometry/manifolds.py"
RADIUS = "square = 1 - manifolds.zeros", "square = 1.0 - manifolds.zeros"


def asked(project):
    command = [sys.executable, "-m", "workflow.changed"]
    done = subprocess.run(command, cwd=project.folder, env=project.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_changed_definition_is_named_for_every_rule_that_reaches_it(finished):
    assert asked(finished) == ["No code changed that results were made with."]
    with finished.edited(MANIFOLDS, *RADIUS):
        lines = asked(finished)
        plan = finished.plan(TINY)
    named = {line.partition(",")[0] for line in lines}
    # What is planned beside these is so for its inputs.
    assert {"observables", "inversion"} <= named <= set(plan)
    assert {line.partition(": ")[2] for line in lines} == {f"{MANIFOLDS} radius"}
    assert any(line.startswith("observables, 8 files: ") for line in lines)


def test_a_changed_script_is_named_and_a_comment_changes_none(finished):
    with finished.edited("workflow/scripts/overlap.py", "from", "# why\nfrom"):
        assert asked(finished) == ["No code changed that results were made with."]
    with finished.edited("workflow/scripts/overlap.py", "with job_log", "assert 2 > 1\nwith job_log"):
        assert asked(finished) == ["overlap, 1 file: workflow/scripts/overlap.py"]


def test_results_from_before_the_notes_are_told(finished):
    notes = finished.folder / ".snakemake/fingerprints"
    notes.rename(notes.with_name("away"))
    try:
        with finished.edited(MANIFOLDS, *RADIUS):
            lines = asked(finished)
        assert "observables, 8 files: made before it was noted by what code" in lines
        assert not [line for line in lines if line.startswith("train,")]
    finally:
        notes.with_name("away").rename(notes)


@pytest.mark.parametrize(
    ("then", "now", "named"),
    [
        ({"a.py f": "1", "a.py g": "1"}, {"a.py f": "2", "a.py g": "2"}, ["a.py f and g"]),
        ({"a.py f": "1"}, {"a.py f": "1", "b.py h": "1"}, ["b.py h (new)"]),
        ({"a.py f": "1", "c.py": "1"}, {"c.py": "2"}, ["a.py f (gone)", "c.py"]),
        ({"a.py": "1"}, {"a.py": "1"}, []),
    ],
)
def test_what_changed_joined_or_left_is_named_by_file(then, now, named):
    assert differing(then, now) == named
