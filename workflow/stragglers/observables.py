"""Geometry of the two class manifolds, from their centres alone.

Unit representations lie on a sphere, so R² = <|ĥ - μ|²> = 1 - |μ|²: the centres give the radii.
Another observable that the centres give is one more entry of :data:`OBSERVABLES`.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from .trajectory import Trajectory


def gyration_radius(centre: np.ndarray) -> np.ndarray:
    """R of a class manifold of unit vectors with mean ``centre`` (..., units): sqrt(1 - |μ|²).

    The paper's R±, Fig. 1(c). Rounding may lift |μ|² above 1; the radius is then 0.
    """
    return np.sqrt(np.clip(1 - np.square(centre, dtype=np.float64).sum(-1), 0, None))


def centre_distance(minus: np.ndarray, plus: np.ndarray) -> np.ndarray:
    """D = |μ₊ - μ₋| of two centres (..., units). The paper's Fig. 1(d)."""
    return np.linalg.norm(np.subtract(plus, minus, dtype=np.float64), axis=-1)


def centre_angle(minus: np.ndarray, plus: np.ndarray) -> np.ndarray:
    """Angle in radians between two centres (..., units); not in the paper."""
    product = np.multiply(plus, minus, dtype=np.float64).sum(-1)
    norms = np.linalg.norm(minus, axis=-1) * np.linalg.norm(plus, axis=-1)
    return np.arccos(np.clip(product / norms, -1, 1))


OBSERVABLES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "R_minus": lambda minus, plus: gyration_radius(minus),
    "R_plus": lambda minus, plus: gyration_radius(plus),
    "D": centre_distance,
    "angle": centre_angle,
}
"""Column of the ``dynamics`` table -> function of the centres μ₋ and μ₊."""

TURNS = {"R_minus": "min", "R_plus": "min", "D": "max"}
"""Observables whose extremum is an inversion, and which extremum it is."""


ADDRESS = ("dataset", "source", "task", "subset", "network", "layer", "optimizer")
"""Columns that say which runs a table's row is about."""

RUN = (*ADDRESS, "run", "seed", "removed", "draw")
"""Columns that say which run; ``run`` is its place in its trajectory."""


def dynamics(trajectory: Trajectory) -> pd.DataFrame:
    """The ``dynamics`` table of a trajectory: one row a run, hidden layer and epoch."""
    runs = trajectory.runs.assign(run=range(len(trajectory.runs)))
    epochs = np.arange(len(trajectory.loss))
    scalars = {name: getattr(trajectory, name) for name in ("loss", "train_error", "test_error")}
    parts = []
    width = trajectory.centres.shape[-1] // trajectory.n_layers
    for layer in range(1, trajectory.n_layers + 1):
        minus, plus = np.moveaxis(trajectory.centres[..., (layer - 1) * width : layer * width], 2, 0)
        values = scalars | {name: observable(minus, plus) for name, observable in OBSERVABLES.items()}
        for run, row in runs.iterrows():
            address = {name: row[name] for name in RUN if name != "layer"} | {"layer": layer}
            columns = {name: value[:, run].astype(np.float32) for name, value in values.items()}
            parts.append(pd.DataFrame({**address, "epoch": epochs, **columns}))
    table = pd.concat(parts, ignore_index=True)
    return table[[*RUN, "epoch", *values]]
