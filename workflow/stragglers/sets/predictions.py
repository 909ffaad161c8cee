"""What the runs of a cell take each point for at their inversions, and by what margin."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ..data.datasets import Dataset
from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining, Network, Optimizer
from ..support.sealed import read_arrays, write_arrays
from ..training.replay import replay
from ..training.trajectory import Trajectory

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Predictions:
    """Of the runs that inverted, each at its t*."""

    group: np.ndarray
    """Number of the group that each run takes each point for (n, P)."""
    margin: np.ndarray
    """Output of the point's group less the largest of the others (n, P)."""

    def save(self, path: str) -> None:
        write_arrays(asdict(self), path)

    @classmethod
    def load(cls, path: str) -> "Predictions":
        return cls(**read_arrays(path))


def predictions(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    dtype: str,
    trajectories: Sequence[Trajectory],
    inversions: Sequence[pd.DataFrame],
    defining: Defining,
    device: str = "auto",
) -> Predictions:
    """Of all runs of the blocks with the inversion that ``defining`` names: each is trained once more up to there.

    The log says so if a run then misclassifies other points than it did, as on another machine.
    """
    groups, margins = [], []
    for trajectory, table in zip(trajectories, inversions, strict=True):
        turned = defining_inversions(table, defining).query("found").set_index("run")["epoch"]
        epochs = [int(turned[run]) if run in turned.index else None for run in range(len(trajectory.runs))]
        seeds = trajectory.runs["seed"].tolist()
        group, margin = replay(dataset, network, optimizer, dtype, seeds, epochs, device)
        groups.append(group)
        margins.append(margin)
        kept = turned[turned.isin(trajectory.set_epochs.tolist()).to_numpy(bool)]
        other = trajectory.sets(kept.to_numpy(int), kept.index.to_numpy(int)) != (margin[turned.index.isin(kept.index)] < 0)
        if other.any():
            log.warning(
                "%d of %d runs, trained once more, misclassify other points at their inversion, up to %d: they were "
                "trained on another machine or with another version of torch",
                *(other.any(axis=1).sum(), len(other), other.sum(axis=1).max()),
            )
    return Predictions(np.concatenate(groups), np.concatenate(margins))
