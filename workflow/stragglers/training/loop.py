"""Train many networks of one architecture on one dataset, and record every state.

State ``t`` is the network after ``t`` epochs. With full batches, the forward pass that measures
state ``t`` is the one that gives the gradient of step ``t + 1``. What is measured streams out epoch by epoch.
"""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..data.tasks import group_names
from ..spec.specification import Network, Optimizer, Protocol
from ..support.errors import InputError
from .checkpoint import Checkpoints, identity, unfinished
from .engine import Data
from .ensemble import Ensemble, block_values, parts
from .kinds import KINDS
from .meters import merged
from .progress import Progress
from .recorder import Recorder

log = logging.getLogger(__name__)


def pick_device(name: str) -> torch.device:
    """``auto`` is the GPU where there is one. Raises :class:`InputError` for ``cuda`` where there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("`training.device: cuda`, but torch finds no GPU here; use `auto` or `cpu`")
    return torch.device(name)


def untrained(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    seeds: Sequence[int],
    removed: np.ndarray | None,
    place: torch.device,
    name: str,
) -> tuple[Data, list[Ensemble]]:
    """``dataset`` on a device, and one network per seed in its initial state, in the parts that train together.

    Raises :class:`InputError`, which begins with ``name``, for what :func:`train` refuses.
    """
    engine = KINDS[network.kind]
    # By default convolutions on a GPU would have 10 bits where the matrix products have 23.
    torch.backends.cudnn.allow_tf32 = False
    try:
        data = Data.of(dataset, engine.view(dataset), protocol.dtype, place)
        values = engine.values(network, data)
        ensembles = [
            Ensemble(
                *(data, network, optimizer, seeds[part], None if removed is None else removed[part]),
                *(values, protocol.margins),
            )
            for part in parts(engine, len(seeds), values, block_values(place))
        ]
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    return data, ensembles


def train(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    runs: pd.DataFrame,
    folder: Path,
    removed: np.ndarray | None = None,
    noise: Sequence[float] = (),
    device: str = "auto",
    name: str = "networks",
    checkpoint_seconds: float = 60,
    code: str = "",
) -> None:
    """Train one network per row of ``runs`` (its ``seed``) and leave a trajectory in ``folder``.

    ``removed`` (runs, P), booleans, drops points from a run's training; its loss, error, centres
    and misclassified set are then over the kept points. After the last epoch the test error is
    also measured with Gaussian noise of each standard deviation in ``noise`` (standardised units;
    the same draw for every run) added to the test data. ``name`` is what progress lines and warnings call the networks.

    Every ``checkpoint_seconds``, if it is not 0, all that is needed to go on is kept: the same call then ends with the
    same bits as if it had not been killed. ``code`` tells versions of the code apart whose bits may differ.

    A run whose loss turns NaN or infinite is reported by name and leaves the others be. Raises :class:`InputError` for
    an activation that :func:`.activations.check_activation` refuses, and for data or a module that cannot serve.
    """
    place = pick_device(device)
    data, ensembles = untrained(dataset, network, optimizer, protocol, runs["seed"].tolist(), removed, place, name)
    layers, groups = ensembles[0].engine.layers, group_names(dataset.label_train, dataset.class_train)
    of_this = identity(
        *(dataset, network, optimizer, protocol),
        runs=runs,
        removed=removed,
        device=place,
        context=(code, list(noise)),
    )
    with unfinished(Path(folder)) as hidden:
        checkpoints = Checkpoints(hidden, of_this, checkpoint_seconds)
        kept = checkpoints.last()
        if kept and not all(map(Ensemble.fits, ensembles, kept["ensembles"])):
            log.warning("%s: the checkpoint is of a module with other tensors; the training starts anew", name)
            kept = None
        with Recorder(folder, hidden, protocol, len(runs), len(data.x), layers, groups, kept) as recorder:
            first = kept["epoch"] if kept else 0
            if kept:
                log.info("%s: going on from epoch %d, where a checkpoint stands", name, first)
                for ensemble, state in zip(ensembles, kept["ensembles"], strict=True):
                    ensemble.load(state)
            progress = Progress(protocol.epochs, len(runs), name, first)
            for epoch in range(first, protocol.epochs + 1):
                last, tested = epoch == protocol.epochs, {}
                if epoch % protocol.test_every == 0 or last:
                    tested["test_error"] = torch.cat([ensemble.test_error(data.x_test) for ensemble in ensembles])
                measured = [ensemble.measure(False) if last else ensemble.advance() for ensemble in ensembles]
                recorder.record(epoch, **merged(measured), **tested)
                if not last:
                    progress.tick(epoch + 1)
                    checkpoints.tick(partial(state_before, epoch + 1, ensembles, recorder))
            for sigma in noise:
                noisy = data.noisy_test(sigma)
                recorder.record_noisy_test(sigma, torch.cat([ensemble.test_error(noisy) for ensemble in ensembles]))
            recorder.close(runs, name)


def state_before(epoch: int, ensembles: Sequence[Ensemble], recorder: Recorder) -> dict[str, Any]:
    """Of a training that has come to ``epoch``, all that is needed to go on from there."""
    return {"epoch": epoch, "ensembles": [ensemble.state() for ensemble in ensembles], **recorder.state()}
