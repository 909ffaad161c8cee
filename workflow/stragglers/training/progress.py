"""Lines that tell how far a training has come."""

import logging
import time

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10


class Progress:
    """A line every few seconds: what trains, epoch, rate, time left."""

    def __init__(self, epochs: int, n_runs: int, name: str, first: int = 0):
        """``first``: epochs that were trained before."""
        self.epochs, self.n_runs, self.name, self.first = epochs, n_runs, name, first
        self.start = self.last = time.monotonic()

    def tick(self, epoch: int) -> None:
        if (now := time.monotonic()) - self.last < PROGRESS_SECONDS:
            return
        self.last = now
        per_epoch = (now - self.start) / (epoch - self.first)
        minutes, seconds = divmod(round(per_epoch * (self.epochs - epoch)), 60)
        log.info(
            "%s, %d runs: epoch %d of %d, %.2f ms per run and epoch, %d:%02d left",
            self.name,
            self.n_runs,
            epoch,
            self.epochs,
            1000 * per_epoch / self.n_runs,
            minutes,
            seconds,
        )
