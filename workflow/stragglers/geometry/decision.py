"""Whether runs were trained long enough to tell their inversions."""

import numpy as np

from ..spec.specification import Defining, Detection
from ..training.trajectory import Trajectory
from .inversion import LEAST_REACH, REACH, find_inversion
from .manifolds import INVERTING, Manifolds

BY_NAME = {observable.name: observable for observable in INVERTING}


def decided(trajectory: Trajectory, defining: Defining, detection: Detection) -> bool:
    """Whether every run that did not diverge has the inversion that ``defining`` names, and is past its stretch."""
    layer = min(defining.layer, len(trajectory.layers)) - 1
    observable = BY_NAME[defining.observable]
    values = observable.of(Manifolds(trajectory.gram[:, :, layer], trajectory.zeros[:, :, layer]))
    # As the tables have them.
    curves = values.astype(np.float32)[:, np.isfinite(trajectory.loss).all(axis=0)]
    return all(is_over(curve, observable.turn, detection) for curve in curves.T)


def is_over(curve: np.ndarray, turn: str, detection: Detection) -> bool:
    """Whether ``curve`` (epochs + 1,) has an inversion, and with it all of the stretch that decides on it.

    More epochs then leave that inversion as it is, unless the curve comes back to it.
    """
    at = find_inversion(curve, turn, detection).epoch
    return at is not None and max(REACH * at, at + LEAST_REACH * detection.smoothing) < len(curve)
