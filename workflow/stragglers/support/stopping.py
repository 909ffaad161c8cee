"""How a study ends before it is done: its jobs with it, and within seconds."""

import signal
from types import FrameType

import psutil


def stop_with_jobs() -> None:
    """From now on a TERM, and a hangup that is not ignored (as with nohup), ends this process as Ctrl-C would.

    Snakemake alone would wait, perhaps for hours, until the jobs that run are done; a hangup would leave its lock.
    """
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    # A terminal that closes hangs up more than once, and a second time would cut off the end itself, lock and all.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    # Ctrl-C reaches them by way of the terminal.
    for job in psutil.Process().children(recursive=True):
        job.terminate()
    raise KeyboardInterrupt
