from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from workflow.stragglers.analysis.ranking import (
    FIXED,
    Score,
    between_runs,
    hardest,
    jaccard,
    of_means,
    stability,
    standardised_ranks,
)

tied = arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 12)), elements=st.integers(0, 3).map(float))


@given(tied, st.data())
def test_the_hardest_are_as_many_as_asked_for_and_ties_share(values, data):
    count = data.draw(st.integers(1, values.shape[1]))
    share = hardest(values, count)
    np.testing.assert_allclose(share.sum(1), count)
    assert ((share >= 0) & (share <= 1)).all()
    for row, weights in zip(values, share, strict=True):
        for a, b in combinations(range(len(row)), 2):
            assert (
                (weights[a] == weights[b]) if row[a] == row[b] else ((weights[a] - weights[b]) * (row[a] - row[b]) >= 0)
            )


def test_jaccard_of_tied_points_is_that_of_average_choices():
    # One sure place and two for four tied points, in both: choices of 2 of 4 share 1 on average.
    values = np.array([[9.0, 1, 1, 1, 1, 0]])
    top = hardest(values, 3)
    assert jaccard(top, top)[0, 0] == pytest.approx(2 / (6 - 2))
    clear = hardest(np.array([[5.0, 4, 3, 2, 1, 0]]), 3)
    assert jaccard(clear, clear)[0, 0] == 1
    assert jaccard(clear, hardest(np.array([[0.0, 1, 2, 3, 4, 5]]), 3))[0, 0] == 0


@given(tied)
def test_products_of_ranks_are_spearmans(values):
    ranks = standardised_ranks(values)
    products = ranks @ ranks.T
    for i, j in combinations(range(len(values)), 2):
        if np.ptp(values[i]) and np.ptp(values[j]):
            assert products[i, j] == pytest.approx(spearmanr(values[i], values[j]).statistic, abs=1e-9)
        else:
            assert products[i, j] == 0


def noisy(truth, noise, n_runs, seed):
    return truth + noise * np.random.default_rng(seed).standard_normal((n_runs, len(truth)))


@pytest.fixture
def truth():
    return np.random.default_rng(9).standard_normal(4000)


def test_pairs_of_one_run_do_not_count(truth):
    values = noisy(truth, 0.5, 6, 0)
    # The same noise in both: a run agrees with itself entirely.
    a, b = (Score.of(scale * values, np.arange(6), 400) for scale in (1, 2))
    ranks = standardised_ranks(values)
    expected = np.mean([ranks[i] @ ranks[j] for i, j in combinations(range(6), 2)])
    for pair in ((a, a), (a, b)):
        estimate = between_runs(*pair, "rho")
        assert estimate.value == pytest.approx(expected) and estimate.low < expected < estimate.high


def test_intervals_hold_what_endless_runs_would_agree_in(truth):
    # ρ of normal values of correlation r is 6/π asin(r/2).
    r = 1 / 1.25
    expected, held = 6 / np.pi * np.arcsin(r / 2), 0
    for seed in range(60):
        score = Score.of(
            noisy(np.random.default_rng(seed + 1000).standard_normal(3000), 0.5, 6, seed), np.arange(6), 300
        )
        low, high = between_runs(score, score, "rho")[1:]
        held += low - 0.012 <= expected <= high + 0.012
    assert held >= 52


def test_scores_without_runs(truth):
    alone = Score.of(truth[None], np.array([FIXED]), 400)
    other = Score.of(-truth[None], np.array([FIXED]), 400)
    runs = Score.of(noisy(truth, 0.5, 6, 0), np.arange(6), 400)
    assert between_runs(alone, alone, "rho").value == 1 and between_runs(alone, other, "rho").value == pytest.approx(-1)
    estimate = between_runs(runs, alone, "rho")
    assert estimate.value == pytest.approx((runs.ranks @ alone.ranks[0]).mean())
    # What does not vary agrees better with a run than another run does.
    assert estimate.low > between_runs(runs, runs, "rho").high


def test_draws_of_a_scores_own_are_another_sample(truth):
    runs = Score.of(noisy(truth, 0.5, 6, 0), np.arange(6), 400)
    draws = Score.of(noisy(truth, 0.5, 5, 1), FIXED - 1 - np.arange(5), 400)
    estimate = between_runs(runs, draws, "jaccard")
    assert estimate.value == pytest.approx(jaccard(runs.top, draws.top).mean())
    assert estimate.low < estimate.value < estimate.high


def test_means_over_runs_agree_better(truth):
    a, b = (Score.of(noisy(truth, 1.0, 10, seed), np.arange(10), 400) for seed in (0, 1))
    for measure in ("jaccard", "rho"):
        assert of_means(a, b, measure, 400) > between_runs(a, b, measure).high
        assert of_means(a, a, measure, 400) == pytest.approx(1)


def test_stability_follows_spearman_and_brown(truth):
    score = Score.of(noisy(truth, 1.0, 20, 3), np.arange(20), 400)
    curves = {size: stability(score, size, 400, draws=10) for size in (1, 4, 10)}
    for size, curve in curves.items():
        r = size / (size + 1)
        assert curve["rho"].mean() == pytest.approx(6 / np.pi * np.arcsin(r / 2), abs=0.015)
        assert curve["rho"].shape == curve["jaccard"].shape == (10,)
    assert np.all(np.diff([curve["jaccard"].mean() for curve in curves.values()]) > 0)
