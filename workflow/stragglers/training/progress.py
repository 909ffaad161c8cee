"""Lines that tell how far a training has come."""

import logging
import time

import pandas as pd

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10


def names_of(runs: pd.DataFrame) -> str:
    """What a progress line calls these runs."""
    names = [str(runs[column].iloc[0]) for column in ("dataset", "network", "optimizer") if column in runs]
    return ", ".join([*names, f"{len(runs)} runs"])


class Progress:
    """A line every few seconds: what trains, epoch, rate, time left."""

    def __init__(self, epochs: int, n_runs: int, names: str):
        self.epochs, self.n_runs, self.names = epochs, n_runs, names
        self.start = self.last = time.monotonic()

    def tick(self, epoch: int) -> None:
        if (now := time.monotonic()) - self.last < PROGRESS_SECONDS:
            return
        self.last = now
        per_epoch = (now - self.start) / epoch
        minutes, seconds = divmod(round(per_epoch * (self.epochs - epoch)), 60)
        log.info(
            "%s: epoch %d of %d, %.2f ms per run and epoch, %d:%02d left",
            self.names,
            epoch,
            self.epochs,
            1000 * per_epoch / self.n_runs,
            minutes,
            seconds,
        )
