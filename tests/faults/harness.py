"""The study that the faults befall, how it is started and stopped, and what it leaves."""

import hashlib
import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress

import psutil
from project import without_ablations

GONE = suppress(psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError)
TARGET = "results/tiny/tables/dynamics.parquet"


def long_training(epochs=6000, checkpoint_seconds=0.2):
    """One training that takes seconds, and leaves checkpoints."""
    config = without_ablations("0-1")
    config["training"] = {"epochs": epochs, "device": "cpu", "checkpoint_seconds": checkpoint_seconds}
    return config


def contents(project, folder="results"):
    """Name -> hash of every file that a study leaves, but for logs and what is hidden."""
    root = project.folder / folder
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    shown = [file for file in files if "logs" not in file.parts and not any(part[0] == "." for part in file.parts)]
    return {file.as_posix(): hashlib.sha256((root / file).read_bytes()).hexdigest() for file in shown}


def differing(found, expected):
    """Names of files that are in one only, or not the same in both."""
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))


@contextmanager
def started(project, config, *options, **keywords):
    """A Snakemake that runs, in a session of its own, its words in the file ``said`` of the project."""
    with open(project.folder / "said", "wb") as said:
        process = subprocess.Popen(
            project.command(config, *options),
            cwd=project.folder,
            env=project.environment,
            **{"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said, "start_new_session": True} | keywords,
        )
    try:
        yield process
    finally:
        for left in [process, *of_project(project)]:
            with GONE:
                left.kill()
        process.wait()


def said(project):
    return (project.folder / "said").read_text(encoding="utf-8", errors="replace")


def wait(until, process=None, seconds=900):
    """Wait until ``until()`` is true, while ``process`` runs."""
    end = time.monotonic() + seconds
    while not until():
        assert process is None or process.poll() is None, "ended before its time"
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def of_project(project):
    """All processes in the folder of a project."""
    found = []
    for process in psutil.process_iter():
        with GONE:
            if process.cwd() == str(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def has_checkpoint(project):
    return bool([*(project.folder / "results").rglob("checkpoint.pt")])


def cut_off(process):
    """As a power cut does: Snakemake and all its jobs at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def unlocked(project, config):
    """What Snakemake asks for after a kill, and says itself: not where it ended of its own."""
    locks = project.folder / ".snakemake/locks"
    if locks.is_dir() and any(locks.iterdir()):
        done = project.snakemake(config, "--unlock")
        assert done.returncode == 0, done.stdout + done.stderr
