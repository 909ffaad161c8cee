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
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..spec.canonical import canonical
from ..support.errors import InputError
from ..support.sealed import digest_of, naming, replacing
from ..support.text import one_line
from .stream import stands

log = logging.getLogger(__name__)

UNFINISHED = ".unfinished"
CHECKPOINT = "checkpoint.pt"
DIGEST = len(hashlib.sha256().hexdigest())
SHARE = 0.01
"""Of its time that a training spends on checkpoints at most: those that take long come less often."""


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """The hidden folder in ``folder``, for this process alone; it goes in the end.

    After an exception it stays, if it holds a checkpoint. Raises :class:`InputError` while another process holds it.
    """
    hidden = folder / UNFINISHED
    with naming(hidden / "lock"):
        hidden.mkdir(parents=True, exist_ok=True)
        lock = open(hidden / "lock", "wb")  # noqa: SIM115 - closed below
    done = False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"another process trains {folder} right now; wait for it, or stop it") from error
        except OSError:
            # Not every file system has locks. Snakemake's own lock holds all the same.
            pass
        try:
            yield hidden
            done = True
        finally:
            # On NFS a file that is open cannot go, nor its folder; and what is left fails nobody.
            lock.close()
            if done or not (hidden / CHECKPOINT).is_file():
                shutil.rmtree(hidden, ignore_errors=True)


def identity(
    dataset: Dataset,
    *specification: Any,
    runs: pd.DataFrame,
    removed: np.ndarray | None,
    device: torch.device,
    context: Sequence[Any] = (),
) -> str:
    """A text that is equal exactly for trainings that would be equal, bit for bit.

    ``specification``: network, optimiser, protocol; ``context``: what else the caller knows to decide.
    """
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    machine = chip, torch.get_num_threads(), torch.__version__, np.__version__
    arrays = [*vars(dataset).values(), *([] if removed is None else [removed])]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    table = runs.to_json(double_precision=15)
    return "\n".join([canonical(*specification), table, digest.hexdigest(), *map(str, [*machine, *context])])


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
        content = self.file.read_bytes()
        content, digest = content[:-DIGEST], content[-DIGEST:]
        try:
            if hashlib.sha256(content).hexdigest().encode() != digest:
                raise pickle.UnpicklingError("it does not hold what was written")
            # Nothing but tensors and plain values is read: a pickle from elsewhere runs no code.
            state = torch.load(BytesIO(content), weights_only=True, map_location="cpu")
        except pickle.UnpicklingError as error:
            log.warning("%s is damaged (%s); the training starts anew", self.file, one_line(str(error)))
            return None
        if state["identity"] != self.identity:
            log.info("%s is of another training, code, machine or version: this training starts anew", self.file)
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
        state = {"identity": self.identity, **take()}
        try:
            # In one move, its checksum in it: whenever this process is killed, one checkpoint stands.
            with replacing(self.file) as part:
                torch.save(state, part)
                digest = digest_of(part)
                with open(part, "ab") as file:
                    file.write(digest.encode())
        except (InputError, RuntimeError) as error:
            # The training itself can do without.
            log.warning("the checkpoint cannot be written (%s); the training goes on", one_line(str(error)))
        self.saved = time.monotonic()
        self.took = self.saved - start
