"""What the runs of a cell take each point for at their inversions, and by what margin."""

import logging

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining, Network, Optimizer, Protocol
from ..training.ensemble import Ensemble
from ..training.replay import replay, seen_by
from ..training.trajectory import Trajectory

log = logging.getLogger(__name__)


def predictions(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    trajectory: Trajectory,
    inversions: pd.DataFrame,
    defining: Defining,
    device: str = "auto",
) -> tuple[np.ndarray, np.ndarray]:
    """Answers at t* of all n runs of a block that have the inversion which ``defining`` names.

    ``group`` (n, P), int16: number of the group that each takes each point for. ``margin`` (n, P), float32: the output
    of the point's own group less the largest of the others.

    The runs are trained once more up to there. The log says so if they then misclassify other points than they did.
    """
    at = defining_inversions(inversions, defining).query("found")
    epochs, runs = at["epoch"].to_numpy(int), at["run"].to_numpy(int)
    group = np.empty((len(at), len(dataset.sample_id)), np.int16)
    margin = np.empty(group.shape, np.float32)
    seeds = trajectory.runs["seed"].tolist()
    for epoch, _, ensembles in replay(dataset, network, optimizer, protocol, seeds, epochs.tolist(), device=device):
        here = epochs == epoch
        of_all = (np.concatenate(parts)[runs[here]] for parts in zip(*map(answers, ensembles), strict=True))
        group[here], margin[here] = of_all
    _warn_of_others(trajectory, epochs, runs, margin < 0)
    return group, margin


def answers(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """``group`` and ``margin`` of all runs in their present state (runs, P); among equals the point's own group counts.

    These are the points with a negative margin that :func:`..training.meters.misclassified` names.
    """
    _, outputs = seen_by(ensemble, ensemble.data.x)
    own = ensemble.targets.T
    margin = (outputs * own).sum(1) - outputs.masked_fill(own > 0, -torch.inf).amax(1)
    group = torch.where(margin < 0, outputs.argmax(1), ensemble.data.y)
    return group.cpu().numpy().astype(np.int16), margin.cpu().numpy().astype(np.float32)


def _warn_of_others(trajectory: Trajectory, epochs: np.ndarray, runs: np.ndarray, wrong: np.ndarray) -> None:
    """Log a warning where ``wrong`` (n, P) are not the sets that ``runs`` left, as far as those are kept."""
    kept = np.isin(epochs, trajectory.set_epochs)
    other = trajectory.sets(epochs[kept], runs[kept]) != wrong[kept]
    if other.any():
        log.warning(
            "%d of %d runs, trained once more, misclassify other points at their inversion, up to %d: they were "
            "trained on another machine, or with another version of torch",
            *(other.any(axis=1).sum(), len(other), other.sum(axis=1).max()),
        )
