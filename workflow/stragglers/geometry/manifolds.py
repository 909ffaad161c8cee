"""Geometry of the two class manifolds, from their centres alone.

Unit representations lie on a sphere, so R² = <|ĥ - μ|²> = 1 - |μ|²: the centres give the radii. A representation
that is exactly 0 (all units of a ReLU layer dead) has no direction and counts as a point at the origin: with a share
f₀ of such points R² = 1 - f₀ - |μ|².
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..training.trajectory import RUN, Trajectory


class Manifold(NamedTuple):
    """What is known of a class manifold."""

    centre: np.ndarray
    """Mean of its unit representations (..., units)."""
    zeros: np.ndarray | float = 0.0
    """Share of its representations that are exactly 0 (...)."""


def gyration_radius(manifold: Manifold) -> np.ndarray:
    """R of a class manifold: sqrt(1 - f₀ - |μ|²), which without zeros is the paper's R±, Fig. 1(c).

    Rounding may lift |μ|² above 1 - f₀; the radius is then 0.
    """
    length = np.square(manifold.centre, dtype=np.float64).sum(-1)
    return np.sqrt(np.clip(1 - np.asarray(manifold.zeros, np.float64) - length, 0, None))


def centre_distance(minus: Manifold, plus: Manifold) -> np.ndarray:
    """D = |μ₊ - μ₋| of two manifolds. The paper's Fig. 1(d)."""
    return np.linalg.norm(np.subtract(plus.centre, minus.centre, dtype=np.float64), axis=-1)


Observable = Callable[[Manifold, Manifold], np.ndarray]
"""A function of the manifolds M₋ and M₊."""

INVERTING: dict[str, Observable] = {
    "R_minus": lambda minus, plus: gyration_radius(minus),
    "R_plus": lambda minus, plus: gyration_radius(plus),
    "D": centre_distance,
}
"""Observables whose extremum is an inversion, by their columns in the ``dynamics`` table."""

TURNS = {"R_minus": "min", "R_plus": "min", "D": "max"}
"""Which extremum of each is the inversion."""


def dynamics(trajectory: Trajectory, observables: Mapping[str, Observable] = INVERTING) -> pd.DataFrame:
    """The ``dynamics`` table of a trajectory: one row a run, hidden layer and epoch, one column an observable."""
    runs = trajectory.runs.assign(run=range(len(trajectory.runs)))
    epochs = np.arange(len(trajectory.loss))
    scalars = {name: getattr(trajectory, name) for name in ("loss", "train_error", "test_error")}
    parts = []
    width = trajectory.centres.shape[-1] // trajectory.n_layers
    for layer in range(1, trajectory.n_layers + 1):
        centres = np.moveaxis(trajectory.centres[..., (layer - 1) * width : layer * width], 2, 0)
        minus, plus = map(Manifold, centres, np.moveaxis(trajectory.zeros[..., layer - 1], 2, 0))
        values = scalars | {name: observable(minus, plus) for name, observable in observables.items()}
        for run, row in runs.iterrows():
            address = {name: row[name] for name in RUN if name != "layer"} | {"layer": layer}
            columns = {name: value[:, run].astype(np.float32) for name, value in values.items()}
            parts.append(pd.DataFrame({**address, "epoch": epochs, **columns}))
    table = pd.concat(parts, ignore_index=True)
    return table[[*RUN, "epoch", *values]]
