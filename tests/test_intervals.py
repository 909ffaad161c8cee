import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from workflow.stragglers.intervals import bootstrap, share


def mean_difference(a, b):
    return a.mean() - b.mean()


def test_a_constant_has_an_interval_of_no_width():
    assert bootstrap([np.full(7, 3.5)], np.mean) == (3.5, 3.5, 3.5)


def test_one_value_gives_no_bounds():
    estimate = bootstrap([np.array([2.0])], np.mean)
    assert estimate.value == 2 and np.isnan(estimate.low) and np.isnan(estimate.high)


def test_one_short_group_gives_no_bounds():
    estimate = bootstrap([np.arange(9.0), np.array([1.0])], mean_difference)
    assert estimate.value == 3 and np.isnan(estimate.low)


def test_no_values_give_nothing():
    assert np.isnan(bootstrap([np.array([])], np.mean)).all()
    assert np.isnan(bootstrap([np.array([1.0, np.nan, 2.0])], np.mean)).all()


def test_the_interval_is_the_same_at_every_call():
    data = np.random.default_rng(0).normal(size=30)
    assert bootstrap([data], np.median) == bootstrap([data], np.median)


def test_the_interval_shifts_and_scales_with_the_data():
    data = np.random.default_rng(0).normal(size=30)
    base, moved = bootstrap([data], np.mean), bootstrap([2 * data + 5], np.mean)
    assert moved == pytest.approx(2 * np.array(base) + 5)


def test_groups_are_resampled_each_on_its_own():
    a, b = np.array([0.0, 1.0] * 20), np.full(10, 4.0)
    estimate = bootstrap([a, b], mean_difference)
    assert estimate.value == -3.5
    # The spread is that of a's mean: sqrt(1/4 / 40) = 0.079.
    assert (estimate.high - estimate.low) / (2 * 1.96) == pytest.approx(0.079, rel=0.1)


def test_rows_of_a_matrix_are_resampled_whole():
    rows = np.repeat([[0.0], [1.0]], 10, axis=0) * np.ones(4)
    spreads = []
    bootstrap([rows], lambda drawn: spreads.append(np.ptp(drawn, axis=1).max()) or drawn.mean(), resamples=50)
    assert max(spreads) == 0


def test_the_mean_is_covered_about_95_times_in_100():
    rng = np.random.default_rng(0)
    trials = 300
    covered = 0
    for _ in range(trials):
        low, high = bootstrap([rng.normal(size=40)], np.mean, resamples=400)[1:]
        covered += low <= 0 <= high
    # A percentile interval of 40 values covers 93 to 95 %; chance adds 4 deviations of 300 trials.
    assert binom.ppf(3e-5, trials, 0.93) <= covered <= binom.ppf(1 - 3e-5, trials, 0.95)


@given(st.integers(1, 200), st.data())
def test_shares_have_wilson_intervals(trials, data):
    successes = data.draw(st.integers(0, trials))
    z, p = 1.959963984540054, successes / trials
    middle = (p + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    assert share(successes, trials) == pytest.approx((p, middle - half, middle + half), abs=1e-9)


def test_a_share_of_no_runs_is_missing():
    assert np.isnan(share(0, 0)).all()
