"""Training until what is looked for is decided, and not much longer."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer
from ..spec.until import UntilInversion
from ..support.sealed import replacing
from .checkpoint import identity
from .loop import pick_device, train
from .trajectory import Trajectory

log = logging.getLogger(__name__)

UNDECIDED = ".undecided"
"""Hidden file beside the trajectory's, which Snakemake leaves alone: what was tried before this process was killed."""


def train_until(
    decided: Callable[[Trajectory], bool],
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: UntilInversion,
    runs: pd.DataFrame,
    folder: Path,
    name: str = "networks",
    code: str = "",
    device: str = "auto",
    **options: Any,
) -> None:
    """:func:`.loop.train` at the first of the protocol's ``stages`` whose trajectory is ``decided``, or at the last.

    Each stage begins anew, so that what is left is, bit for bit, what ``train`` makes of as many epochs. All stages
    together take less than twice the time of the last one. A training that was killed goes on in its stage; ``code``
    has to tell versions of ``decided`` apart, too. ``options`` go to ``train``.
    """
    file = Path(folder) / UNDECIDED
    of_this = identity(
        *(dataset, network, optimizer, protocol), runs=runs, removed=None, device=pick_device(device), context=(code,)
    )
    tried = undecided(file, of_this)
    *_, last = protocol.stages
    for stage in protocol.stages:
        if stage.epochs <= tried:
            continue
        train(dataset, network, optimizer, stage, runs, folder, name=name, code=code, device=device, **options)
        if stage == last or decided(Trajectory(folder)):
            break
        log.info("%s: %d epochs do not decide every run; they are trained anew, longer", name, stage.epochs)
        with replacing(file) as part:
            part.write_text(f"{of_this}\n{stage.epochs}", encoding="utf-8")
    file.unlink(missing_ok=True)


def undecided(file: Path, of_this: str) -> int:
    """Epochs that are known not to be enough; 0 where ``file`` says nothing of the training ``of_this`` identity."""
    if not file.is_file():
        return 0
    of, _, epochs = file.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return int(epochs) if of == of_this and epochs.isdecimal() else 0
