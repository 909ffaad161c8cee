"""Geometry of the groups' manifolds, from the scalar products of their centres alone.

Unit representations lie on a sphere, so R² = <‖ĥ - μ‖²> = 1 - ‖μ‖²: the centres give the radii. A representation
that is exactly 0 (all units of a ReLU layer dead) has no direction and counts as a point at the origin: with a share
f₀ of such points R² = 1 - f₀ - ‖μ‖². In double precision, in which the products are, a distance of 1e-7 is told from 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..support.columns import DYNAMICS, ERRORS, MANIFOLDS
from ..training.trajectory import Trajectory, logarithmic_epochs

EPOCHS_KEPT = 100
"""Epochs of the ``manifolds`` table, which has a row for every pair of groups."""


class Manifolds(NamedTuple):
    """What is known of the manifolds of K groups."""

    gram: np.ndarray
    """Scalar products of the centres of unit representations (..., K, K)."""
    zeros: np.ndarray
    """Share of each group's representations that are exactly 0 (..., K)."""


def radius(manifolds: Manifolds, group: int) -> np.ndarray:
    """Gyration radius R of a group: sqrt(1 - f₀ - ‖μ‖²), which without zeros is the paper's R±, Fig. 1(c).

    Rounding may lift ‖μ‖² above 1 - f₀; the radius is then 0.
    """
    square = 1 - manifolds.zeros[..., group].astype(np.float64) - manifolds.gram[..., group, group]
    return np.sqrt(np.clip(square, 0, None))


def distance(manifolds: Manifolds, a: int, b: int) -> np.ndarray:
    """D = ‖μ_a - μ_b‖ of two groups: sqrt(G_aa + G_bb - 2 G_ab). The paper's Fig. 1(d)."""
    gram = manifolds.gram
    return np.sqrt(np.clip(gram[..., a, a] + gram[..., b, b] - 2 * gram[..., a, b], 0, None))


def mean_radius(manifolds: Manifolds) -> np.ndarray:
    """Root mean square of the groups' radii."""
    groups = range(manifolds.gram.shape[-1])
    return np.sqrt(np.mean([np.square(radius(manifolds, group)) for group in groups], axis=0))


def mean_distance(manifolds: Manifolds) -> np.ndarray:
    """Mean distance of the centres over pairs of groups; of two groups, their distance."""
    pairs = combinations(range(manifolds.gram.shape[-1]), 2)
    return np.mean([distance(manifolds, a, b) for a, b in pairs], axis=0)


@dataclass(frozen=True)
class Observable:
    """A number that tells of the manifolds; a column of the ``dynamics`` table."""

    name: str
    of: Callable[[Manifolds], np.ndarray]
    symbol: str
    colour: str = "#000000"
    """Of Okabe and Ito's, which colour-blind readers can tell apart."""
    turn: str | None = None
    """Which extremum is an inversion: "min", "max" or (None) neither."""
    of_two: bool = False
    """Whether it needs just two groups."""
    class_a: str | None = None
    """The group that it is about, if one alone, or the first of two."""
    class_b: str | None = None

    @property
    def column(self) -> str:
        return " ".join(filter(None, (self.name, self.class_a, self.class_b)))


R_MINUS = Observable("R_minus", lambda m: radius(m, 0), "R₋", "#0072B2", turn="min", of_two=True)
R_PLUS = Observable("R_plus", lambda m: radius(m, 1), "R₊", "#D55E00", turn="min", of_two=True)
R = Observable("R", mean_radius, "R", "#0072B2", turn="min")
D = Observable("D", mean_distance, "D", "#009E73", turn="max")
INVERTING = (R_MINUS, R_PLUS, R, D)
"""Observables of all groups whose extremum is an inversion."""


def radii_of(groups: Sequence[str]) -> tuple[Observable, ...]:
    """The radius of each group."""
    if len(groups) == 2:
        return R_MINUS, R_PLUS
    return tuple(
        Observable("R", lambda m, k=k: radius(m, k), "R", turn="min", class_a=name) for k, name in enumerate(groups)
    )


def distances_of(groups: Sequence[str]) -> tuple[Observable, ...]:
    """The distance of each pair of groups; of two, that is D."""
    if len(groups) == 2:
        return (D,)
    return tuple(
        Observable("D", lambda m, a=a, b=b: distance(m, a, b), "D", turn="max", class_a=groups[a], class_b=groups[b])
        for a, b in combinations(range(len(groups)), 2)
    )


def dynamics(
    trajectory: Trajectory, address: Mapping[str, str], observables: Sequence[Observable] = INVERTING
) -> pd.DataFrame:
    """The ``dynamics`` table of a trajectory: one row a run, hidden layer and epoch, one column an observable.

    ``address``: what its dataset, network and optimiser are called. Observables of two groups are NaN for more.
    """
    scalars = {name: getattr(trajectory, name) for name in ERRORS}
    parts = []
    for layer, name in enumerate(trajectory.layers):
        manifolds = Manifolds(trajectory.gram[:, :, layer], trajectory.zeros[:, :, layer])
        values = scalars | {
            each.column: np.full_like(trajectory.loss, np.nan)
            if each.of_two and len(trajectory.groups) > 2
            else each.of(manifolds)
            for each in observables
        }
        of_layer = {**address, "layer": layer + 1, "layer_name": name}
        for run, row in enumerate(trajectory.runs.itertuples()):
            of_run = {"run": run, "seed": row.seed, "removed": row.removed, "draw": row.draw}
            columns = {column: value[:, run].astype(np.float32) for column, value in values.items()}
            parts.append(pd.DataFrame({**of_layer, **of_run, "epoch": np.arange(len(trajectory.loss)), **columns}))
    table = pd.concat(parts, ignore_index=True)
    return table[[*DYNAMICS, *(each.column for each in observables)]]


def manifolds_table(trajectory: Trajectory, address: Mapping[str, str]) -> pd.DataFrame:
    """The ``manifolds`` table of a trajectory: radius of every group and distance of every pair, in long form.

    One row a run, layer, epoch (:data:`EPOCHS_KEPT`, evenly spaced in their logarithm) and group (``class_a``, R; then
    ``class_b`` is null) or pair of groups (D).
    """
    groups = range(len(trajectory.groups))
    about = [(group, None) for group in groups] + list(combinations(groups, 2))
    names = {None: None, **dict(enumerate(trajectory.groups))}
    epochs = logarithmic_epochs(len(trajectory.loss) - 1, EPOCHS_KEPT)
    runs = trajectory.runs.loc[:, ["seed", "removed", "draw"]].rename_axis("run").reset_index()
    parts = []
    for layer, layer_name in enumerate(trajectory.layers):
        manifolds = Manifolds(trajectory.gram[epochs, :, layer], trajectory.zeros[epochs, :, layer])
        for a, b in about:
            value = radius(manifolds, a) if b is None else distance(manifolds, a, b)
            rows = runs.loc[np.tile(runs.index, len(epochs))]
            parts.append(
                rows.assign(
                    **address,
                    layer=layer + 1,
                    layer_name=layer_name,
                    epoch=np.repeat(epochs, len(runs)),
                    train_error=trajectory.train_error[epochs].ravel(),
                    class_a=names[a],
                    class_b=names[b],
                    value=value.astype(np.float32).ravel(),
                )
            )
    table = pd.concat(parts, ignore_index=True)[[*MANIFOLDS]]
    return table.astype({"class_a": "string", "class_b": "string"})
