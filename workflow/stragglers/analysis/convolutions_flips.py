"""Are clean points fitted before planted flips, and what is the inversion then? Of runs on data with ``flips``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..spec.specification import Detection
from ..support.columns import ADDRESS, CONVOLUTIONS_FLIPS
from ..training.trajectory import Trajectory
from .planted_turns import place


def moments(train_error: np.ndarray, share: float, turn: int | None, detection: Detection) -> dict[str, int | None]:
    """Epochs at which a run is looked at: where its error falls to the flips' ``share``, at its ``turn``, the last."""
    return {"share": place(train_error, share, detection), "inversion": turn, "end": len(train_error) - 1}


def convolutions_flips(
    trajectory: Trajectory,
    planted: np.ndarray,
    inversions: pd.DataFrame,
    detection: Detection,
    address: Mapping[str, Any],
) -> pd.DataFrame:
    """The ``convolutions_flips`` table of a trajectory: one row a run and moment, null where it has no such moment.

    ``planted`` (P,), booleans: the flips; ``inversions``: the runs' rows that define their stragglers. ``clean_error``
    and ``flips_error``: share of either that is misclassified (by its training label) then; ``precision``: the flips'
    share of all that is misclassified, by chance ``share``.
    """
    share = float(planted.mean())
    turns = inversions.set_index("run")
    rows = []
    for run, seed in enumerate(trajectory.runs["seed"]):
        turn = turns.loc[run]
        looked_at = moments(
            trajectory.train_error[:, run], share, int(turn["epoch"]) if turn["found"] else None, detection
        )
        for moment, epoch in looked_at.items():
            row = {name: address[name] for name in ADDRESS if name in address}
            row |= {"layer": turn["layer"], "seed": seed, "share": share, "moment": moment, "epoch": pd.NA}
            if epoch is not None:
                wrong = trajectory.sets(epoch, run)
                row |= {
                    "epoch": epoch,
                    "train_error": wrong.mean(),
                    "clean_error": wrong[~planted].mean(),
                    "flips_error": wrong[planted].mean(),
                    "precision": planted[wrong].mean() if wrong.any() else np.nan,
                }
            rows.append(row)
    numbers = ("train_error", "clean_error", "flips_error", "precision")
    return pd.DataFrame(rows, columns=list(CONVOLUTIONS_FLIPS)).astype(
        {"epoch": "Int32", **dict.fromkeys(numbers, float)}
    )
