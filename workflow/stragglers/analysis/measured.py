"""What a claim is measured as, and what was left out of it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..support.intervals import (
    LEAST_RUNS,
    MISSING,
    Estimate,
)

REFERENCE = {"network": "reference", "optimizer": "gd"}
"""Names of the network and optimiser that the others are compared with."""


class Measured(NamedTuple):
    """An estimate and the number of runs (or other units, which the claim's statistic names) behind it."""

    estimate: Estimate
    n_runs: int
    note: str = ""
    """What was left out, or why there is no value."""


NOTHING = Measured(MISSING, 0)


def inverted_errors(inversions: pd.DataFrame) -> np.ndarray:
    """ε* of the runs that inverted."""
    return inversions.loc[inversions["found"], "train_error"].to_numpy(float)


def diverged(groups: Mapping[str, pd.DataFrame]) -> str:
    """How many runs of the ``groups`` diverged, in words; empty if none."""
    counts = {name: (int(rows["diverged_at"].notna().sum()), len(rows)) for name, rows in groups.items()}
    some = [f"{name} ({count} of {n_runs})" for name, (count, n_runs) in counts.items() if count]
    return f"left out, as they diverged: {', '.join(some)}" if some else ""


def left_out(groups: Mapping[str, pd.DataFrame]) -> str:
    """Which of the ``groups`` have too few inverted runs for an interval, and which runs diverged, in words."""
    counts = {name: (len(inverted_errors(rows)), len(rows)) for name, rows in groups.items()}
    some = [f"{name} ({found} of {n_runs})" for name, (found, n_runs) in counts.items() if found < LEAST_RUNS]
    few = f"left out, as fewer than {LEAST_RUNS} runs invert: {', '.join(some)}" if some else ""
    return "; ".join(filter(None, [few, diverged(groups)]))
