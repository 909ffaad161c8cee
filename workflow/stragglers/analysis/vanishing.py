"""A two-layer linear network that learns from ever smaller weights: what theory says of its manifolds.

From vanishing weights the first layer grows along one direction u. Every unit representation is then u or -u, and
which of the two is what the network answers: a group c with training error ε_c has the centre (1 - 2 ε_c) u up to its
sign,

    R_c = 2 √(ε_c (1 - ε_c)),    D = 2 (1 - ε₊ - ε₋):

D falls only where the errors rise, and there is no inversion. Larger weights keep their first directions for long.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining
from ..support.columns import ADDRESS, VANISHING
from ..training.trajectory import Trajectory

LATE = 0.25
"""Share of the training after which the closed form must hold: small weights need time to grow."""


def distance_of_errors(errors: np.ndarray) -> np.ndarray:
    """D = 2 (1 - ε₊ - ε₋) of the errors of two groups (..., 2)."""
    return 2 * (1 - errors.sum(-1))


def radius_of_error(error: np.ndarray) -> np.ndarray:
    """R_c = 2 √(ε_c (1 - ε_c)) of the training error of a group."""
    return 2 * np.sqrt(error * (1 - error))


def group_errors(trajectory: Trajectory, group: np.ndarray) -> np.ndarray:
    """Training error of each of two groups (set epochs, runs, 2); ``group`` (P,) is the number of each point's."""
    runs = np.arange(len(trajectory.runs))
    return np.stack(
        [
            np.stack([sets[:, group == number].mean(1) for number in (0, 1)], axis=-1)
            for epoch in trajectory.set_epochs
            for sets in [trajectory.sets(epoch, runs)]
        ]
    )


def vanishing_table(
    trajectory: Trajectory,
    dynamics: pd.DataFrame,
    inversions: pd.DataFrame,
    group: np.ndarray,
    scale: float,
    defining: Defining,
    address: Mapping[str, Any],
) -> pd.DataFrame:
    """The ``vanishing`` table of some runs of a linear network: one row a run.

    ``scale`` of its initial weights; ``depth``: by how much D falls from its maximum to the end, over that maximum;
    ``deviation`` and ``radius_deviation``: the largest distance of D and of R± from the closed form in the last three
    quarters of the training. ``dynamics`` and ``inversions`` are those of the runs' one hidden layer.
    """
    errors = group_errors(trajectory, group)
    late = trajectory.set_epochs >= LATE * trajectory.set_epochs[-1]
    at_inversion = defining_inversions(inversions, defining).set_index("run")
    rows = []
    for run, of_run in dynamics.groupby("run"):
        curves = of_run.set_index("epoch").loc[trajectory.set_epochs]
        distance, radii = curves["D"].to_numpy(), curves[["R_minus", "R_plus"]].to_numpy()
        found = at_inversion.loc[run]
        rows.append(
            {name: address[name] for name in ADDRESS if name in address}
            | {
                "layer": found["layer"],
                "seed": found["seed"],
                "scale": scale,
                "found": found["found"],
                "epoch": found["epoch"],
                "depth": 1 - distance[-1] / distance.max(),
                "deviation": np.abs(distance - distance_of_errors(errors[:, run]))[late].max(),
                "radius_deviation": np.abs(radii - radius_of_error(errors[:, run]))[late].max(),
            }
        )
    return pd.DataFrame(rows, columns=list(VANISHING)).astype({"epoch": "Int32"})
