"""Intervals: exact where they are known, and how often they hold the truth, measured by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from workflow.stragglers.support.intervals import (
    LEAST_RUNS,
    Estimate,
    jackknife,
    largest,
    ratio,
    relative_spread,
    share,
)


def mean_difference(a, b):
    return a.mean() - b.mean()


def ratio_of_means(a, b):
    return a.mean() / b.mean()


def test_a_constant_has_an_interval_of_no_width():
    assert jackknife([np.full(7, 3.5)], np.mean) == pytest.approx((3.5, 3.5, 3.5))
    assert relative_spread(np.full(7, 3.5)) == (0, 0, 0)


@given(st.integers(1, 12), st.integers(1, 12))
def test_fewer_than_five_runs_of_any_group_give_a_value_without_bounds(n_first, n_second):
    first, second = np.arange(n_first) + 50.0, np.arange(n_second) + 30.0
    estimate = jackknife([first, second], mean_difference)
    assert estimate.value == pytest.approx(first.mean() - second.mean())
    assert np.isfinite(estimate).all() == (min(n_first, n_second) >= LEAST_RUNS == 5)
    assert np.isfinite(share(n_first, n_first)).all() == np.isfinite(relative_spread(first)).all() == (n_first >= 5)


def test_no_values_give_nothing():
    assert np.isnan(jackknife([np.array([])], np.mean)).all()
    assert np.isnan(jackknife([np.array([1.0, np.nan, 2.0, 3.0, 4.0])], np.mean)).all()
    assert np.isnan(relative_spread([])).all() and np.isnan(relative_spread([1.0])).all()


def test_what_divides_by_0_has_no_value():
    assert np.isnan(jackknife([np.ones(5), np.zeros(5)], ratio_of_means)).all()
    assert np.isnan(relative_spread(np.zeros(5))).all()


def test_the_interval_of_a_mean_is_students():
    data = np.random.default_rng(0).normal(size=9)
    exact = t.interval(0.95, 8, data.mean(), data.std(ddof=1) / 3)
    assert jackknife([data], np.mean) == pytest.approx((data.mean(), *exact))


def test_groups_add_their_variances():
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    estimate = jackknife([a, b[:10]], mean_difference)
    variances = a.var(ddof=1) / 40, b[:10].var(ddof=1) / 10
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 39 + variances[1] ** 2 / 9)
    assert estimate.high - estimate.value == pytest.approx(t.ppf(0.975, freedom) * sum(variances) ** 0.5)


def test_every_element_of_an_array_has_its_interval():
    data = np.random.default_rng(0).normal(size=(8, 3))
    together = jackknife([data], lambda rows: rows.mean(axis=0))
    alone = [jackknife([column], np.mean) for column in data.T]
    assert np.transpose(together) == pytest.approx(np.array(alone))


def test_the_interval_of_a_ratio_is_wider_than_that_of_its_numerator():
    exact = ratio(Estimate(2, 1.8, 2.2), Estimate(4, 4, 4))
    assert exact == pytest.approx((0.5, 0.45, 0.55))
    wide = ratio(Estimate(2, 1.8, 2.2), Estimate(4, 3.6, 4.4))
    assert wide.low < 0.45 and wide.high > 0.55 and wide.value == 0.5
    assert ratio(Estimate(2, np.nan, np.nan), Estimate(4, 3.6, 4.4)).value == 0.5
    assert np.isnan(ratio(Estimate(2, 1, 3), Estimate(0, 0, 0))).all()


@given(st.integers(5, 200), st.data())
def test_shares_have_wilson_intervals(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = binomtest(successes, trials).proportion_ci(method="wilson")
    assert share(successes, trials) == pytest.approx((successes / trials, low, high), abs=1e-9)


def test_a_share_of_no_runs_is_missing():
    assert np.isnan(share(0, 0)).all()


# Coverage

TRIALS = 1000


def covered(truth, estimates):
    """Share of the ``estimates`` whose interval holds ``truth``."""
    _, low, high = np.array(list(estimates)).T
    return np.mean((low <= truth) & (truth <= high))


def runs(rng, n, mean=1.0, spread=0.05):
    return rng.normal(mean, spread, n)


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("spread", [0.02, 0.1, 0.3])
def test_a_relative_spread_is_covered(n, spread):
    rng = np.random.default_rng(0)
    estimates = (relative_spread(runs(rng, n, spread=spread)) for _ in range(TRIALS))
    assert 0.93 <= covered(spread, estimates) <= 0.97


def test_a_spread_within_rows_is_covered_whatever_lies_between_them():
    rng = np.random.default_rng(0)
    estimates = (relative_spread(rng.normal(1, 0.1, (6, 1)) + rng.normal(0, 0.03, (6, 3))) for _ in range(TRIALS))
    assert 0.93 <= covered(0.03, estimates) <= 0.97


@pytest.mark.parametrize("n", [5, 10, 20])
def test_means_and_ratios_are_covered(n):
    rng = np.random.default_rng(0)
    mean, paired, unpaired, quotient = [], [], [], []
    for _ in range(TRIALS):
        a, b = runs(rng, n), runs(rng, 10, mean=2, spread=0.2)
        mean.append(jackknife([a], np.mean))
        pairs = np.column_stack([a, a / 2 + runs(rng, n, spread=0.1)])
        paired.append(jackknife([pairs], lambda p: p[:, 0].mean() / p[:, 1].mean()))
        unpaired.append(jackknife([a, b], ratio_of_means))
        quotient.append(ratio(mean[-1], jackknife([b], np.mean)))
    assert 0.93 <= covered(1, mean) <= 0.97
    assert 0.93 <= covered(1 / 1.5, paired) <= 0.97
    assert 0.93 <= covered(1 / 2, unpaired) <= 0.97
    assert 0.93 <= covered(1 / 2, quotient) <= 0.97


@pytest.mark.parametrize("shifts", [[0.2, 0.05, 0.0, 0.1], [0.1, 0.1, 0.1, 0.1]])
def test_the_largest_of_several_is_covered_at_least_as_often(shifts):
    """At 95 % or above: the bound below holds for all at once."""
    rng = np.random.default_rng(0)

    def estimate():
        groups = [runs(rng, 5, mean=shift) for shift in shifts]
        return largest([lambda confidence, g=group: jackknife([g], np.mean, confidence) for group in groups])

    assert covered(max(shifts), (estimate() for _ in range(300))) >= 0.94
