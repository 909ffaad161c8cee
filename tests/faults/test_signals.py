"""A study that is told to stop ends within seconds, with its jobs and without a lock; the same command goes on."""

import fcntl
import os
import pty
import signal
import termios
import time

import pytest
from harness import TARGET, has_checkpoint, long_training, of_project, said, started, wait

SECONDS = 15
"""Within which all has ended, on a busy machine, too; the training that is stopped would take minutes."""
KINDS = "signals: Ctrl-C, TERM, hangup, a closed terminal, a killed job"
LONG = long_training(epochs=60000)


def interrupt(process, terminal):
    """Ctrl-C, as the terminal hands it on to all processes in its foreground."""
    os.write(terminal, b"\x03")


def close(process, terminal):
    os.close(terminal)


def terminate(process, terminal):
    process.terminate()


def hang_up(process, terminal):
    process.send_signal(signal.SIGHUP)


@pytest.fixture
def in_terminal(fresh):
    """Starts a study in the foreground of a terminal of its own; returns the process and the terminal's other end."""
    terminal, inside = pty.openpty()

    def controls_it():
        # Tests that run under nohup, or in the background of a script, would hand on that these are ignored.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(inside, termios.TIOCSCTTY, 0)

    streams = dict.fromkeys(("stdin", "stdout", "stderr"), inside)
    streams |= {"start_new_session": False, "preexec_fn": controls_it, "pass_fds": (inside,)}
    with started(fresh, LONG, "--cores", "1", TARGET, **streams) as process:
        os.close(inside)
        yield process, terminal


@pytest.mark.parametrize(
    "stop", [terminate, *(pytest.param(stop, marks=pytest.mark.faults) for stop in (interrupt, close, hang_up))]
)
@pytest.mark.counts(KINDS)
def test_a_study_that_is_stopped_ends_at_once_and_goes_on(fresh, in_terminal, stop):
    process, terminal = in_terminal
    wait(lambda: has_checkpoint(fresh), process)
    start = time.monotonic()
    stop(process, terminal)
    process.wait(SECONDS)
    wait(lambda: not of_project(fresh), seconds=SECONDS - (time.monotonic() - start))
    # No lock, and the training kept what it had.
    assert process.returncode
    plan = fresh.plan(LONG, TARGET)
    assert plan["train"] == 1 and has_checkpoint(fresh)


@pytest.mark.faults
@pytest.mark.counts(KINDS)
def test_a_job_that_is_killed_ends_the_study_which_goes_on(fresh):
    config = long_training()
    with started(fresh, config, "--cores", "1", TARGET) as process:
        wait(lambda: has_checkpoint(fresh), process)
        # As where memory runs out: the job alone.
        for job in of_project(fresh):
            if "train.py" in " ".join(job.cmdline()) and job.name().startswith("python"):
                job.kill()
        assert process.wait(60) == 1 and not of_project(fresh)
    assert "Error in rule train" in said(fresh)
    fresh.run(config, TARGET)
    assert len(fresh.table("dynamics")) == 2 * 6001
