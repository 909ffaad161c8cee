"""Confidence intervals: percentile bootstrap over runs, Wilson for shares. All 95 %."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

RESAMPLES = 2000


class Estimate(NamedTuple):
    """A statistic with its 95 % interval; NaN bounds where one value cannot give any."""

    value: float
    low: float
    high: float


MISSING = Estimate(np.nan, np.nan, np.nan)


def bootstrap(groups: Sequence[np.ndarray], statistic: Callable[..., float], resamples: int = RESAMPLES) -> Estimate:
    """Percentile bootstrap of ``statistic(*groups)``, each group resampled along its first axis.

    Resampling is seeded: the same data give the same interval.
    """
    groups = [np.asarray(group) for group in groups]
    value = float(statistic(*groups)) if all(len(group) for group in groups) else np.nan
    if not np.isfinite(value) or min(map(len, groups)) < 2:
        return Estimate(value, np.nan, np.nan)
    rng = np.random.default_rng(0)
    draws = [
        statistic(*(group[rng.integers(len(group), size=len(group))] for group in groups)) for _ in range(resamples)
    ]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def share(successes: int, trials: int) -> Estimate:
    """A share of runs with its Wilson interval, which stays sensible at 0 and 1."""
    if trials == 0:
        return MISSING
    low, high = binomtest(successes, trials).proportion_ci(method="wilson")
    return Estimate(successes / trials, float(low), float(high))
