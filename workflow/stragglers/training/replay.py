"""Runs once more, to be looked at on the way: what a trajectory does not keep is asked of the networks themselves."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer, Protocol
from .engine import Data
from .ensemble import Ensemble
from .loop import pick_device, untrained


def replay(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    seeds: Sequence[int],
    epochs: Sequence[int],
    removed: np.ndarray | None = None,
    device: str = "auto",
    name: str = "networks",
) -> Iterator[tuple[int, Data, list[Ensemble]]]:
    """The runs that :func:`.loop.train` makes of ``seeds``, bit for bit, in their states at ``epochs``, in order.

    Yields the epoch, the data that the networks see and the ensembles, whose runs are those of ``seeds`` in a row. The
    ensembles go on from one epoch to the next: who looks must leave their parameters as they are, and copy what is to
    be kept. ``removed`` (runs, P), booleans, ``device`` and what is raised are those of :func:`.loop.train`.
    """
    data, ensembles = untrained(dataset, network, optimizer, protocol, seeds, removed, pick_device(device), name)
    looked_at = {*epochs}
    last = max(looked_at, default=-1)
    for epoch in range(last + 1):
        if epoch in looked_at:
            yield epoch, data, ensembles
        if epoch < last:
            for ensemble in ensembles:
                ensemble.advance()


@torch.no_grad()
def seen_by(ensemble: Ensemble, x: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What an ensemble makes of ``x``, rows of its data, in its present state.

    The representation at each hidden layer (runs, units, samples) and the outputs (runs, groups, samples).
    """
    made = [ensemble.engine.forward(x[rows]) for rows in ensemble.blocks(len(x))]
    hidden = [torch.cat(layer, dim=2) for layer in zip(*(block.hidden for block in made), strict=True)]
    return hidden, torch.cat([block.outputs for block in made], dim=2)
