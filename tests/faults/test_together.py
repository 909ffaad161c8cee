"""Two processes at once: one is told of the other, neither spoils the other's files, the same command goes on."""

import os
import re
import shutil
import signal
import subprocess

import pytest
from harness import (
    TARGET,
    contents,
    differing,
    has_checkpoint,
    long_training,
    of_project,
    said,
    started,
    unlocked,
    wait,
)
from project import SMALLEST, UNDRAWN

pytestmark = pytest.mark.counts("together: two processes in one folder")
LOCKED = "Directory cannot be locked"


@pytest.mark.faults
@pytest.mark.parametrize("other", [SMALLEST, SMALLEST | {"study": "second"}], ids=["the same study", "a shared run"])
def test_a_study_beside_one_that_runs_is_refused_and_later_goes_on(fresh, undisturbed, other):
    with started(fresh, SMALLEST, "--cores", "1", *UNDRAWN) as process:
        wait(lambda: re.search(r"^1 of \d+ steps", said(fresh), re.M), process)
        refused = fresh.snakemake(other, "--cores", "1", *UNDRAWN)
        assert refused.returncode and LOCKED in refused.stdout + refused.stderr
        assert process.wait(600) == 0
    assert not differing(contents(fresh), contents(undisturbed))
    plan = fresh.plan(other, *UNDRAWN)
    assert not {"prepare", "train"} & {*plan} and bool(plan) == (other is not SMALLEST)


@pytest.mark.faults
def test_two_that_start_in_one_instant_leave_what_one_leaves(fresh, undisturbed):
    command = fresh.command(SMALLEST, "--cores", "1", *UNDRAWN)
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, cwd=fresh.folder, env=fresh.environment, **streams) for _ in range(2)]
    told = [process.communicate(timeout=900)[1] for process in both]
    # Where both begin before either has its lock they work side by side.
    for process, text in zip(both, told, strict=True):
        assert process.returncode == 0 or LOCKED in text or "another process trains" in text or "Missing" in text, text
    unlocked(fresh, SMALLEST)
    fresh.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(fresh), contents(undisturbed))


@pytest.mark.faults
def test_a_study_beside_an_orphan_of_a_killed_one_is_told_and_later_goes_on(fresh):
    config = long_training(epochs=30000)
    with started(fresh, config, "--cores", "1", TARGET) as process:
        wait(lambda: has_checkpoint(fresh), process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert of_project(fresh), "the training ended before its time"
        unlocked(fresh, config)
        beside = fresh.snakemake(config, "--cores", "1", TARGET)
        if of_project(fresh):
            assert beside.returncode and "another process trains" in beside.stdout + beside.stderr
        wait(lambda: not of_project(fresh), seconds=400)
    fresh.run(config, TARGET)
    left = contents(fresh)
    shutil.rmtree(fresh.folder / "results")
    fresh.run(config, TARGET)
    assert not differing(contents(fresh), left)
