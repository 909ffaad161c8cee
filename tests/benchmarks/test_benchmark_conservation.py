"""How many runs equal so many independent pairs: against simulation and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.benchmarks.conservation import (
    contributions,
    covariances,
    equal_runs,
    error_of_pairs,
    error_of_runs,
)


def pairs(rng, n_runs, of_run):
    """Common points of all pairs: 100 + a share of each run's own + the pair's own, variances 1 in all."""
    own = rng.normal(0, np.sqrt(of_run / 2), n_runs)
    noise = np.triu(rng.normal(0, np.sqrt(1 - of_run), (n_runs, n_runs)), 1)
    return 100 + own[:, None] + own[None, :] + noise + noise.T


def z_of(common):
    values = common[np.triu_indices(len(common), 1)]
    return (values.mean() - 90) / values.std(ddof=1)


@pytest.mark.parametrize("of_run", [0.0, 0.3, 1.0])
def test_standard_error_is_that_of_repeated_experiments(of_run):
    rng = np.random.default_rng(0)
    repeated = np.std([z_of(pairs(rng, 60, of_run)) for _ in range(1500)])
    common = pairs(rng, 800, of_run)
    zetas = covariances(contributions(common, np.full_like(common, 90.0)))
    assert error_of_runs(60, *zetas) == pytest.approx(repeated, rel=0.1)
    alone = np.std([z_of_pairs(rng, 500, of_run) for _ in range(1500)])
    assert error_of_pairs(500, zetas[1]) == pytest.approx(alone, rel=0.1)


def z_of_pairs(rng, n_pairs, of_run):
    """z over pairs of runs of their own."""
    values = 100 + rng.normal(0, np.sqrt(of_run / 2), (n_pairs, 2)).sum(1) + rng.normal(0, np.sqrt(1 - of_run), n_pairs)
    return (values.mean() - 90) / values.std(ddof=1)


@given(st.integers(10, 2000), st.floats(0, 0.5))
def test_equal_runs_have_the_error_of_the_pairs(n_pairs, shared):
    n_runs = equal_runs(n_pairs, shared, 1.0)
    assert error_of_runs(n_runs, shared, 1.0) == pytest.approx(error_of_pairs(n_pairs, 1.0))


def test_equal_runs_lie_between_their_extremes():
    assert equal_runs(500, 0, 1.0) == pytest.approx(32.1, abs=0.1)
    assert equal_runs(500, 0.5, 1.0) == pytest.approx(1000, rel=0.01)


def test_contributions_add_up_to_nothing():
    common = pairs(np.random.default_rng(1), 30, 0.3)
    added = contributions(common, np.full_like(common, 90.0))
    assert abs(added.sum()) < 1e-8 * abs(added).sum() and np.array_equal(added, added.T)
