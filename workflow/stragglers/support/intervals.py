"""95 % confidence intervals of statistics over runs.

None rests on fewer than :data:`LEAST_RUNS`, and nothing here draws at random. Quantiles come from scipy.special, as
scipy.stats takes longer to import than most jobs to compute. ``tests/support/test_intervals.py`` measures by
simulation how often each interval holds what it is about.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

LEAST_RUNS = 5
"""Fewer runs give a value, but neither an interval nor a verdict."""

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A statistic with its 95 % interval; NaN bounds where there are too few runs for any."""

    value: float
    low: float
    high: float


MISSING = Estimate(np.nan, np.nan, np.nan)


def jackknife(
    groups: Sequence[np.ndarray], statistic: Callable[..., float | np.ndarray], confidence: float = CONFIDENCE
) -> Estimate:
    """``statistic(*groups)`` with Student's t interval, every run of every group (its first axis) left out in turn.

    For a mean this is Student's interval itself. For a smooth function of means (ratios, spreads of means, shares of
    variance) each group adds its own variance, and Satterthwaite's approximation gives the degrees of freedom (Tukey
    1958; Efron and Stein 1981; Welch 1947). The statistic may be an array, of which each element has its interval.
    """
    groups = [np.asarray(group) for group in groups]
    if not all(map(len, groups)):
        return MISSING

    def finite(*sample: np.ndarray) -> np.ndarray:
        # What divides by 0 has no value.
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.asarray(statistic(*sample), float)
        return np.where(np.isfinite(found), found, np.nan)

    value = finite(*groups)
    if min(map(len, groups)) < LEAST_RUNS:
        missing = np.full_like(value, np.nan)[()]
        return Estimate(value[()], missing, missing)
    variances = [
        jackknife_variance(
            [finite(*groups[:i], np.delete(group, run, axis=0), *groups[i + 1 :]) for run in range(len(group))]
        )
        for i, group in enumerate(groups)
    ]
    variance = np.sum(variances, axis=0)
    squares = sum(part**2 / (len(group) - 1) for part, group in zip(variances, groups, strict=True))
    # Without any variance there are no degrees of freedom to tell, and none are needed.
    freedom = np.divide(variance**2, squares, out=np.ones_like(variance), where=squares > 0)
    reach = stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(variance)
    return Estimate(value[()], (value - reach)[()], (value + reach)[()])


def jackknife_variance(left_out: Sequence[float | np.ndarray]) -> np.ndarray:
    """Variance of a statistic from its values with each of n runs left out, (n, ...) -> (...)."""
    left_out = np.asarray(left_out, float)
    return (len(left_out) - 1) * left_out.var(axis=0)


def relative_spread(rows: np.ndarray) -> Estimate:
    """Standard deviation within ``rows`` (n,) or (rows, n), relative to the mean of all.

    The interval is Vangel's (1996), from the χ² distribution of the variance; without a bound above where so few
    values give none. It needs as many degrees of freedom as :data:`LEAST_RUNS` runs have.
    """
    rows = np.atleast_2d(np.asarray(rows, float))
    freedom = rows.size - len(rows)
    if freedom < 1 or not rows.mean() > 0:
        return MISSING
    value = float(np.sqrt(rows.var(axis=1, ddof=1).mean()) / rows.mean())
    if freedom < LEAST_RUNS - 1:
        return Estimate(value, np.nan, np.nan)
    quantile = chdtri(freedom, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    scale = ((quantile + 2) / (freedom + 1) - 1) * value**2 + quantile / freedom
    low, high = (value / np.sqrt(part) if part > 0 else np.inf for part in scale)
    return Estimate(value, float(low), float(high))


def ratio(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Quotient of two positive statistics, the intervals of both taken into account.

    Their logarithms' reaches are added in squares (Zou and Donner 2008), as those of independent statistics. A bound
    that is not positive has no logarithm, so there is none.
    """
    if not (numerator.value > 0 and denominator.value > 0):
        return MISSING
    parts = np.array([numerator, denominator])
    (value, low, high), (below, below_low, below_high) = np.log(parts, out=np.full((2, 3), np.nan), where=parts > 0)
    down, up = np.hypot(value - low, below_high - below), np.hypot(high - value, below - below_low)
    return Estimate(*np.exp(value - below + np.array([0, -down, up])).tolist())


def largest(parts: Sequence[Callable[[float], Estimate]]) -> Estimate:
    """The largest of several statistics, each given as a function of the confidence of its interval.

    Above, the largest bound: that of the truly largest holds as often as any. Below, all bounds must hold at once,
    so that theirs is Bonferroni's confidence; the interval errs towards holding too often. The value itself, the
    largest of noisy ones, errs upwards.
    """
    if not parts:
        return MISSING
    value, _, high = np.max([part(CONFIDENCE) for part in parts], axis=0)
    _, low, _ = np.max([part(1 - (1 - CONFIDENCE) / len(parts)) for part in parts], axis=0)
    return Estimate(value, low, high)


def share(successes: int, trials: int) -> Estimate:
    """A share of runs with its Wilson interval, which stays sensible at 0 and 1."""
    if trials == 0:
        return MISSING
    if trials < LEAST_RUNS:
        return Estimate(successes / trials, np.nan, np.nan)
    value, square = successes / trials, float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle = (value + square / 2 / trials) / (1 + square / trials)
    reach = np.sqrt((value * (1 - value) + square / 4 / trials) * square / trials) / (1 + square / trials)
    return Estimate(value, float(max(middle - reach, 0)), float(min(middle + reach, 1)))
