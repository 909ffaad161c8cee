"""Do convolutional networks invert? Their turns layer by layer; where there are none, what would have been found."""

import numpy as np
import pandas as pd

from ..geometry.inversion import find_inversion
from ..geometry.manifolds import D, Observable, R
from ..spec.specification import Detection
from ..support.columns import ADDRESS, CONVOLUTIONS, CONVOLUTIONS_CURVES, CONVOLUTIONS_POWER
from ..training.trajectory import logarithmic_epochs
from .planted_turns import least_depth, place, rise

OBSERVED: tuple[Observable, ...] = (D, R)
"""What is asked whether it turns: the distance, and the root mean square of the radii."""
LEVELS = (0.3, 0.1, 0.03)
"""Training errors at which turns are planted: the range of those where dense networks turn."""
EPOCHS_KEPT = 60
"""Epochs of the curves, evenly spaced in their logarithm."""
OTHER = {"max": "min", "min": "max"}

OF_RUN = [*ADDRESS, "layer_name", "seed"]


def convolutions(dynamics: pd.DataFrame, inversions: pd.DataFrame, detection: Detection) -> pd.DataFrame:
    """The ``convolutions`` table of some runs: one row a run, layer and observable of :data:`OBSERVED`.

    ``depth``: how far a turn leaves its extremum on both sides, as far as the detector looks, over the value there;
    null where there is none. ``opposite``: whether the observable has the other extremum, D a minimum and R a maximum,
    at ``opposite_epoch``. ``converged``: the training error at the end. Runs that diverged have no turn.
    """
    found = inversions.set_index([*OF_RUN, "observable"])
    rows = []
    for key, run in dynamics.groupby(OF_RUN, sort=False, observed=True):
        for observable in OBSERVED:
            turn = found.loc[(*key, observable.name)]
            opposite = find_inversion(run[observable.column].to_numpy(), OTHER[observable.turn], detection).epoch
            rows.append(
                dict(zip(OF_RUN, key, strict=True))
                | {name: turn[name] for name in ("found", "epoch", "train_error", "test_error", "diverged_at")}
                | {
                    "observable": observable.name,
                    "depth": turn["prominence"] / turn["value"] if turn["found"] else np.nan,
                    "opposite": opposite is not None,
                    "opposite_epoch": pd.NA if opposite is None else opposite,
                    "converged": run["train_error"].iloc[-1],
                }
            )
    whole = {"epoch": "Int32", "opposite_epoch": "Int32", "diverged_at": "Int32", "found": bool}
    return pd.DataFrame(rows, columns=list(CONVOLUTIONS)).astype(whole)


def convolutions_power(dynamics: pd.DataFrame, turns: pd.DataFrame, detection: Detection) -> pd.DataFrame:
    """The ``convolutions_power`` table: one row a run, layer, observable without a turn and level of :data:`LEVELS`.

    ``turns``: the ``convolutions`` table of these runs. A turn is planted at ``epoch``, where the training error falls
    to ``planted_error`` (levels that have no such :func:`.planted_turns.place` have no row). ``rise``: how far the
    observable has come towards a turn by then, ``least``: the :func:`.planted_turns.least_depth` that is found; both
    over its value there.
    """
    without = turns[~turns["found"] & turns["diverged_at"].isna()].set_index(OF_RUN)
    directions = {observable.name: (observable.column, observable.turn) for observable in OBSERVED}
    rows = []
    for key, run in dynamics.groupby(OF_RUN, sort=False, observed=True):
        for name in without.loc[[key], "observable"] if key in without.index else ():
            column, turn = directions[name]
            curve = run[column].to_numpy(float)
            for level in LEVELS:
                at = place(run["train_error"].to_numpy(), level, detection)
                if at is not None:
                    planted = {"observable": name, "planted_error": level, "epoch": at}
                    measured = {"rise": rise(curve, turn, at), "least": least_depth(curve, turn, at, detection)}
                    rows.append(dict(zip(OF_RUN, key, strict=True)) | planted | measured)
    numbers = {"layer": "int64", "seed": "int64", "planted_error": float, "epoch": "int64", "rise": float}
    return pd.DataFrame(rows, columns=list(CONVOLUTIONS_POWER)).astype(numbers | {"least": float})


def convolutions_curves(dynamics: pd.DataFrame) -> pd.DataFrame:
    """The ``convolutions_curves`` table: one row a run, layer, observable and epoch of about :data:`EPOCHS_KEPT`.

    ``value``: what an observable has changed by since epoch 0, over the largest such change of its run: ±1 at most.
    """
    epochs = [0, *logarithmic_epochs(int(dynamics["epoch"].max()), EPOCHS_KEPT)]
    parts = []
    for key, run in dynamics.groupby(OF_RUN, sort=False, observed=True):
        for observable in OBSERVED:
            change = run.set_index("epoch")[observable.column]
            change = change - change.loc[0]
            of_run = dict(zip(OF_RUN, key, strict=True)) | {"observable": observable.name, "epoch": epochs}
            parts.append(pd.DataFrame(of_run | {"value": (change / change.abs().max()).loc[epochs].to_numpy()}))
    return pd.concat(parts)[list(CONVOLUTIONS_CURVES)]
