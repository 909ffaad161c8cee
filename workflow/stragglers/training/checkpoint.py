"""A training that was killed goes on from its last checkpoint and ends, bit for bit, as it would have undisturbed.

What is unfinished lies in a hidden folder beside the trajectory's files, which Snakemake leaves alone when it deletes
the outputs of a job that failed: the streams as they come, and the last checkpoint.
"""

import fcntl
import hashlib
import logging
import pickle
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..spec.canonical import canonical
from ..support.errors import InputError
from ..support.sealed import reading, writing
from .stream import stands

log = logging.getLogger(__name__)

UNFINISHED = ".unfinished"
CHECKPOINT = "checkpoint.pt"
SHARE = 0.01
"""Of its time that a training spends on checkpoints at most: those that take long come less often."""


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """The hidden folder in ``folder``, for this process alone; it goes in the end.

    After an exception it stays, if it holds a checkpoint. Raises :class:`InputError` while another process holds it.
    """
    hidden = folder / UNFINISHED
    hidden.mkdir(parents=True, exist_ok=True)
    with open(hidden / "lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"another process trains {folder} right now; wait for it, or stop it") from error
        except OSError:
            # Not every file system has locks. Snakemake's own lock holds all the same.
            pass
        try:
            yield hidden
        except BaseException:
            if not (hidden / CHECKPOINT).is_file():
                shutil.rmtree(hidden, ignore_errors=True)
            raise
        shutil.rmtree(hidden)


def identity(
    dataset: Dataset, *specification: Any, runs: pd.DataFrame, removed: np.ndarray | None, beside: Sequence[Any]
) -> str:
    """A text that is equal exactly for trainings that would be equal, bit for bit.

    ``specification``: network, optimiser, protocol. ``beside``: what else decides (code, device, threads, versions).
    """
    arrays = [*vars(dataset).values(), *([] if removed is None else [removed])]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return "\n".join([canonical(*specification), runs.to_json(), digest.hexdigest(), *map(str, beside)])


class Checkpoints:
    """The last checkpoint of the training that ``identity`` tells from all others."""

    def __init__(self, folder: Path, identity: str, seconds: float):
        """``seconds`` from one to the next at least; 0: none is made."""
        self.file, self.identity, self.seconds = folder / CHECKPOINT, identity, seconds
        self.saved, self.took = time.monotonic(), 0.0

    def last(self) -> dict[str, Any] | None:
        """What :meth:`tick` took last, if it was of this very training and the streams still hold what they did.

        Any other is removed.
        """
        state = self._read() if self.file.is_file() else None
        if state is None:
            self.file.unlink(missing_ok=True)
        return state

    def _read(self) -> dict[str, Any] | None:
        try:
            # Nothing but tensors and plain values is read: a pickle from elsewhere runs no code.
            with reading(self.file) as whole:
                state = torch.load(whole, weights_only=True, map_location="cpu")
        except (InputError, pickle.UnpicklingError) as error:
            log.warning("%s; the training starts anew", error)
            return None
        if state["identity"] != self.identity:
            log.info("%s is of another training, or of other code: this one starts anew", self.file)
            return None
        if not all(stands(self.file.with_name(name), *kept) for name, kept in state["streams"].items()):
            log.warning("%s: the files beside it are damaged; the training starts anew", self.file)
            return None
        return state

    def tick(self, take: Callable[[], dict[str, Any]]) -> None:
        """Save what ``take`` returns, tensors and plain values, if it is time.

        Under ``streams`` it says of files in the same folder what :func:`.stream.stands` asks for.
        """
        start = time.monotonic()
        if not self.seconds or start - self.saved < max(self.seconds, self.took / SHARE):
            return
        with writing(self.file) as part:
            torch.save({"identity": self.identity, **take()}, part)
        self.saved = time.monotonic()
        self.took = self.saved - start
