"""Train many networks of one architecture on one dataset, and record every state.

State ``t`` is the network after ``t`` epochs. With full batches, the forward pass that measures
state ``t`` is the one that gives the gradient of step ``t + 1``. What is measured streams out epoch by epoch.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..data.tasks import group_names
from ..spec.specification import Network, Optimizer, Protocol
from ..support.errors import InputError
from .engine import Data
from .ensemble import Ensemble, block_values, parts
from .kinds import KINDS
from .meters import merged
from .progress import Progress
from .recorder import Recorder


def pick_device(name: str) -> torch.device:
    """``auto`` is the GPU where there is one. Raises :class:`InputError` for ``cuda`` where there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("`training.device: cuda`, but torch finds no GPU here; use `auto` or `cpu`")
    return torch.device(name)


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
) -> None:
    """Train one network per row of ``runs`` (its ``seed``) and leave a trajectory in ``folder``.

    ``removed`` (runs, P), booleans, drops points from a run's training; its loss, error, centres
    and misclassified set are then over the kept points. After the last epoch the test error is
    also measured with Gaussian noise of each standard deviation in ``noise`` (standardised units;
    the same draw for every run) added to the test data. ``name`` is what progress lines and warnings call the networks.

    A run whose loss turns NaN or infinite is reported by name and leaves the others be. Raises :class:`InputError` for
    an activation that :func:`.activations.check_activation` refuses, and for data or a module that cannot serve.
    """
    engine, place = KINDS[network.kind], pick_device(device)
    seeds = runs["seed"].tolist()
    try:
        data = Data.of(dataset, engine.view(dataset), protocol.dtype, place)
        values = engine.values(network, data)
        ensembles = [
            Ensemble(data, network, optimizer, seeds[part], None if removed is None else removed[part], values)
            for part in parts(engine, len(runs), values, block_values(place))
        ]
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    layers, groups = ensembles[0].engine.layers, group_names(dataset.label_train, dataset.class_train)
    progress = Progress(protocol.epochs, len(runs), name)
    with Recorder(folder, protocol, len(runs), len(data.x), layers, groups) as recorder:
        for epoch in range(protocol.epochs + 1):
            last = epoch == protocol.epochs
            with_gradient = not (last or optimizer.batch_size)
            measured = merged([ensemble.measure(with_gradient) for ensemble in ensembles])
            if epoch % protocol.test_every == 0 or last:
                measured["test_error"] = torch.cat([ensemble.test_error(data.x_test) for ensemble in ensembles])
            recorder.record(epoch, **measured)
            if last:
                break
            for ensemble in ensembles:
                if optimizer.batch_size:
                    ensemble.step_through_batches()
                else:
                    ensemble.step()
            progress.tick(epoch + 1)
        for sigma in noise:
            noisy = data.noisy_test(sigma)
            recorder.record_noisy_test(sigma, torch.cat([ensemble.test_error(noisy) for ensemble in ensembles]))
        recorder.close(runs, name)
