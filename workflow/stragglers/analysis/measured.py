"""How a claim is measured, what as, and what was left out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..support.intervals import LEAST_RUNS, MISSING, Estimate, share
from ..tables.rows import mean_interval


class Measured(NamedTuple):
    """An estimate and the number of runs (or other units, which the claim's statistic names) behind it."""

    estimate: Estimate
    n_runs: int
    note: str = ""
    """What was left out, or why there is no value."""


NOTHING = Measured(MISSING, 0)


@dataclass(frozen=True)
class Measure:
    """How a claim is measured."""

    of: Callable[[Any], Measured]
    """A function of the :class:`.evidence.Evidence` on one main dataset, or, ``jointly``, of the tables by name."""
    tables: tuple[str, ...]
    """The tables that it reads."""
    jointly: bool = False
    """Whether it is about all main datasets together."""


def measures(*functions: Callable[[Any], Measured], on: tuple[str, ...], jointly: bool = False) -> dict[str, Measure]:
    """Name -> measure, for functions that read the same tables."""
    return {function.__name__: Measure(function, on, jointly) for function in functions}


def share_of(holds: pd.Series) -> Measured:
    """Share of the runs of which something ``holds``."""
    return Measured(share(int(holds.sum()), len(holds)), len(holds))


def mean_of(values: pd.Series) -> Measured:
    """Mean over the runs that have a value."""
    return Measured(mean_interval(values.to_numpy(float)), int(values.notna().sum()))


def inverted_errors(inversions: pd.DataFrame) -> np.ndarray:
    """ε* of the runs that inverted."""
    return inversions.loc[inversions["found"], "train_error"].to_numpy(float)


def left_out_as(why: str, counts: Mapping[str, tuple[int, int]]) -> str:
    """What is left out and ``why``, each with its count and that of all its runs; empty if nothing is."""
    named = [f"{name} ({count} of {n_runs})" for name, (count, n_runs) in counts.items()]
    return f"left out, as {why}: {', '.join(named)}" if named else ""


def diverged(groups: Mapping[str, pd.DataFrame]) -> str:
    """How many runs of the ``groups`` diverged, in words; empty if none."""
    counts = {name: (int(rows["diverged_at"].notna().sum()), len(rows)) for name, rows in groups.items()}
    return left_out_as("they diverged", {name: count for name, count in counts.items() if count[0]})


def left_out(groups: Mapping[str, pd.DataFrame]) -> str:
    """Which of the ``groups`` have too few inverted runs for an interval, and which runs diverged, in words."""
    counts = {name: (len(inverted_errors(rows)), len(rows)) for name, rows in groups.items()}
    few = {name: count for name, count in counts.items() if count[0] < LEAST_RUNS}
    return "; ".join(filter(None, [left_out_as(f"fewer than {LEAST_RUNS} runs invert", few), diverged(groups)]))
