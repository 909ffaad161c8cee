"""A disk that is full, or broken, at any operation: one line says so, nothing half-written bears a final name, and the
same command ends as if nothing had happened."""

import errno
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import contents, differing, unlocked
from project import SMALLEST, UNDRAWN, Project

HERE = Path(__file__).parent
CONTROL = struct.Struct("4q")
ERRORS = {"full": (errno.ENOSPC, True), "broken": (errno.EIO, False)}
"""Kind of failure -> its error, and whether it stays."""
REFUSAL = re.compile(
    r"Error: \S+ cannot be written \((No space left on device|Input/output error) in /\S+\); .* again$"
)


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """What makes operations fail: see failing.c."""
    if not (compiler := shutil.which("cc")) or sys.platform != "linux":
        pytest.skip("there is no C compiler, or this is not Linux: writes cannot be made to fail")
    library = tmp_path_factory.mktemp("shim") / "failing.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "failing.c", "-ldl"], check=True)
    return library


def failing(project, shim):
    """The environment in which operations below the project fail, and the file that says which."""
    control = shim.with_name(f"{os.getpid()}.control")
    control.write_bytes(bytes(CONTROL.size))
    told = {"LD_PRELOAD": str(shim), "FAULT_UNDER": str(project.folder), "FAULT_COUNT": str(control)}
    return project.environment | told, control


class Again:
    """The jobs of a finished study, run again one by one; with a ``shim`` their operations may fail."""

    def __init__(self, project, shim=None):
        self.project = project
        environment = failing(project, shim)[0] if shim else project.environment
        environment = environment | {"PYTHONPATH": str(project.folder), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, HERE / "again.py"]
        self.process = subprocess.Popen(
            command, cwd=project.folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def scripts(self):
        """Rule -> one script of it."""
        files = sorted((self.project.folder / ".snakemake/scripts").glob("*.py"))
        return {file.suffixes[-2][1:]: file for file in files}

    def run(self, script, at=0, error=0, lasts=False):
        self.process.stdin.write(json.dumps({"script": str(script), "at": at, "errno": error, "lasts": lasts}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="module")
def again(finished, shim):
    jobs = Again(finished, shim)
    yield jobs
    jobs.end()


def hidden_parts(project):
    return [*(project.folder / "results").rglob("*.part")]


def sweep(again, rule):
    """What is wrong after each operation of a job failed, one after the other; and how many did."""
    project, script = again.project, again.scripts()[rule]
    expected = contents(project)
    counted = again.run(script)["counted"]
    assert counted > 10 and not differing(contents(project), expected)
    wrong = []
    for kind, (error, lasts) in ERRORS.items():
        for at in range(1, counted + 1):
            done = again.run(script, at, error, lasts)
            lines = [line for line in done["said"].splitlines() if line.startswith("Error") or "Traceback" in line]
            # Of a line that is lost to the log alone the terminal tells.
            told = done["code"] == 0 or (len(lines) == 1 and REFUSAL.match(lines[0]))
            changed = differing(contents(project), expected)
            if not told or changed or hidden_parts(project):
                wrong.append((rule, kind, at, done["code"], done["said"][-500:], changed))
    assert again.run(script)["code"] == 0 and not differing(contents(project), expected)
    return wrong, len(ERRORS) * counted


SHORT = ("exemplars",)
RULES = sorted(file.stem for file in (HERE.parents[1] / "workflow/scripts").glob("*.py"))
ELSEWHERE = {
    **dict.fromkeys(("benchmark", "benchmark_conservation"), "no part of a study"),
    "download": "needs a server: tests/data/test_download.py",
    "own": "is of data of one's own",
    "planted": "is of planted data",
}


@pytest.mark.parametrize(
    "rule",
    [pytest.param(rule, marks=() if rule in SHORT else pytest.mark.faults) for rule in RULES if rule not in ELSEWHERE],
)
@pytest.mark.counts("writes: the n-th operation of a job fails (ENOSPC and all after it, EIO once)")
def test_whichever_write_fails_is_named_and_nothing_is_half_written(again, rule, record_property):
    wrong, tried = sweep(again, rule)
    record_property("tried", tried)
    record_property("failed", len(wrong))
    assert not wrong, wrong[:5]


@pytest.fixture(scope="session")
def operations(shim, tmp_path_factory):
    """How many operations a whole study takes, those of Snakemake's own among them."""
    project = Project(tmp_path_factory.mktemp("counted") / "project")
    project.environment, control = failing(project, shim)
    project.run(SMALLEST, *UNDRAWN)
    counted, *_ = CONTROL.unpack(control.read_bytes())
    return counted


SHARES = np.random.default_rng(0).random(10).round(3).tolist()


@pytest.mark.faults
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.counts("writes: a study in which a random operation fails, Snakemake's own among them")
def test_a_study_on_a_failing_disk_is_made_whole_by_the_same_command(fresh, shim, operations, undisturbed, kind, share):
    usual = fresh.environment
    fresh.environment, control = failing(fresh, shim)
    error, lasts = ERRORS[kind]
    control.write_bytes(CONTROL.pack(0, max(1, int(share * operations)), error, lasts))
    done = fresh.snakemake(SMALLEST, "--cores", "1", *UNDRAWN)
    if lasts:
        assert done.returncode and os.strerror(error) in done.stdout + done.stderr
    fresh.environment = usual
    unlocked(fresh, SMALLEST)
    fresh.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(fresh), contents(undisturbed))


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a disk of so many kilobytes."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mounted(kilobytes):
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("only root can mount a disk, and not everywhere")
        return disk

    yield mounted
    subprocess.run(["umount", "--lazy", disk], capture_output=True)


@pytest.mark.faults
@pytest.mark.parametrize("kilobytes", [64, 200, 400, 800])
@pytest.mark.counts("writes: a study on a real disk that is full")
def test_a_study_on_a_full_disk_ends_in_words_and_goes_on_when_there_is_space(
    fresh, small_disk, undisturbed, kilobytes
):
    disk = small_disk(kilobytes)
    (fresh.folder / "results").symlink_to(disk)
    done = fresh.snakemake(SMALLEST, "--cores", "1", *UNDRAWN)
    text = done.stdout + done.stderr
    assert done.returncode and re.search("cannot be written .*No space left on device|Errno 28", text), text
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    unlocked(fresh, SMALLEST)
    fresh.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(fresh), contents(undisturbed))
