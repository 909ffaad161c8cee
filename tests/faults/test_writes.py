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
from conftest import made_once
from harness import contents, differing, unlocked
from project import SMALLEST, TINY, UNDRAWN, Project
from test_questions import EXTRAS, STUDIES

HERE = Path(__file__).parent
CONTROL = struct.Struct("4q")
ERRORS = {"full": (errno.ENOSPC, True), "broken": (errno.EIO, False)}
"""Kind of failure -> its error, and whether it stays."""
REFUSAL = re.compile(
    r"Error: \S+ cannot be written \(([^()]* Detail: \[errno \d+\] )?(No space left on device|Input/output error) "
    r"in /\S+\); .* again$"
)
"""What a job says: the file, the reason, in pyarrow's words or the system's, where, and what to do."""


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
        """Rule -> one script of it, that of the least said: it stands for all."""
        files = (self.project.folder / ".snakemake/scripts").glob("*.py")
        return {file.suffixes[-2][1:]: file for file in sorted(files, key=lambda file: -file.stat().st_size)}

    def run(self, script, at=0, error=0, lasts=False):
        self.process.stdin.write(json.dumps({"script": str(script), "at": at, "errno": error, "lasts": lasts}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="module")
def again(shim, tmp_path_factory):
    """Starts what runs jobs of a study again, and ends it for that of another."""
    current = {}

    def of(study):
        if study not in current:
            for extra in EXTRAS.get(study, ()):
                pytest.importorskip(extra, reason=f"{extra} is not installed; pip install -r envs/beyond.txt brings it")
            for jobs in current.values():
                jobs.end()
            current.clear()
            project = made_once(tmp_path_factory, study, MADE[study], "--skip-script-cleanup")
            current[study] = Again(project, shim)
        return current[study]

    yield of
    for jobs in current.values():
        jobs.end()


def hidden_parts(project):
    return [*(project.folder / "results").rglob("*.part")]


def sweep(again, rule):
    """What is wrong after each operation of a job failed, one after the other; and how many did."""
    project, script = again.project, again.scripts()[rule]
    expected = contents(project)
    counted = again.run(script)["counted"]
    assert counted > 5 and not differing(contents(project), expected)
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


OWN_AND_PLANTED = TINY | {
    "datasets": {
        "iris": {"source": "sklearn", "name": "iris", "task": "classes"},
        "flips": {"source": "planted", "planted": {"n_train": 256}},
    },
    "networks": {"reference": {}},
    "optimizers": {"gd": {"lr": 0.5}},
    "training": {"epochs": 40, "device": "cpu", "until": "inversion"},
    "runs": [{"datasets": ["iris", "flips"], "seeds": ["0-1"]}],
    "ablations": [],
}
MADE = {
    "smallest": SMALLEST,
    "finished": TINY,
    "own": OWN_AND_PLANTED,
    # Of few epochs, as each of their jobs runs hundreds of times.
    **{
        question: study | {"question": question, "training": {"epochs": 40, "device": "cpu"}}
        for question, study in STUDIES.items()
    },
}
"""Name -> study, as conftest.py makes that which it makes, too."""
OTHERS = {
    "finished": ("exemplars",),
    "classes": ("classes_points",),
    "convolutions": ("convolutions", "convolutions_flips"),
    "own": ("own", "planted", "train_until"),
    "ledger": ("ledger", "vanishing"),
    "scores": ("score_ablate", "score_margins", "score_removal", "score_runs", "scores"),
    "tasks": ("flipped", "tasks"),
}
"""Study -> rules whose jobs it has, and the smallest study has not."""
NO_JOBS = {
    **dict.fromkeys(("benchmark", "benchmark_conservation", "benchmark_tables"), "no part of a study"),
    **dict.fromkeys(("lenses", "lenses_maps"), "take half a minute each time, and write as others do"),
    "download": "needs a server: tests/data/test_download.py",
}
SHORT = ("exemplars",)
RULES = {file.stem: "smallest" for file in sorted((HERE.parents[1] / "workflow/scripts").glob("*.py"))}
RULES |= {rule: study for study, rules in OTHERS.items() for rule in rules}


@pytest.mark.parametrize(
    ("study", "rule"),
    [
        pytest.param(study, rule, marks=() if rule in SHORT else pytest.mark.faults)
        for rule, study in sorted(RULES.items(), key=lambda item: item[1])
        if rule not in NO_JOBS
    ],
)
@pytest.mark.counts("writes: the n-th operation of a job fails (ENOSPC and all after it, EIO once)")
def test_whichever_write_fails_is_named_and_nothing_is_half_written(again, study, rule, record_property):
    wrong, tried = sweep(again(study), rule)
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


SHARES = np.random.default_rng(0).random(5).round(3).tolist()
"""At which operations one study is made to fail, one after the other: the share of a fifth of all that it takes."""


@pytest.mark.faults
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.counts("writes: a study in which a random operation fails, Snakemake's own among them")
def test_a_study_whose_disk_fails_again_and_again_is_made_whole_by_the_same_command(
    fresh, shim, operations, undisturbed, kind, record_property
):
    usual = fresh.environment
    shimmed, control = failing(fresh, shim)
    error, lasts = ERRORS[kind]
    tried = 0
    for share in SHARES:
        at = max(1, int(share * operations / len(SHARES)))
        control.write_bytes(CONTROL.pack(0, at, error, lasts))
        fresh.environment = shimmed
        done = fresh.snakemake(SMALLEST, "--cores", "1", *UNDRAWN)
        counted, *_ = CONTROL.unpack(control.read_bytes())
        tried += counted >= at
        if lasts:
            assert done.returncode and os.strerror(error) in done.stdout + done.stderr
        fresh.environment = usual
        unlocked(fresh, SMALLEST)
    record_property("tried", tried)
    fresh.run(SMALLEST, *UNDRAWN)
    assert tried and not differing(contents(fresh), contents(undisturbed))


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


KILOBYTES = [64, 200, 400, 800]
"""Of the disk at first, and each time that it was full."""


@pytest.mark.faults
@pytest.mark.counts("writes: a study on a real disk that is full")
def test_a_study_on_a_full_disk_ends_in_words_and_goes_on_when_there_is_space(
    fresh, small_disk, undisturbed, record_property
):
    record_property("tried", len(KILOBYTES))
    disk = small_disk(KILOBYTES[0])
    (fresh.folder / "results").symlink_to(disk)
    for kilobytes in [*KILOBYTES[1:], 2**17]:
        done = fresh.snakemake(SMALLEST, "--cores", "1", *UNDRAWN)
        text = done.stdout + done.stderr
        assert done.returncode and re.search("cannot be written .*No space left on device|Errno 28", text), text
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", disk], check=True)
        unlocked(fresh, SMALLEST)
    fresh.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(fresh), contents(undisturbed))
