import numpy as np
import pytest

from workflow.stragglers.analysis.classes_points import (
    RANKINGS,
    across_groups,
    chance,
    common_rankings,
    compared,
    halves,
    points_table,
    rates,
    shared,
)
from workflow.stragglers.sets.stragglers import StragglerSets
from workflow.stragglers.support.columns import CLASSES_POINTS

ADDRESS = dict.fromkeys(("dataset", "source", "task", "subset"), "x")


@pytest.mark.parametrize("n_runs", [2, 5, 10])
def test_halves_hold_every_run_as_often(n_runs):
    splits = halves(n_runs)
    for first, second in splits:
        assert len(first) == len(second) == n_runs // 2 and not {*first} & {*second}
    for side in zip(*splits, strict=True):
        assert (np.bincount(np.concatenate(side), minlength=n_runs) == n_runs // 2).all()


def test_a_rate_counts_runs_that_can_tell():
    rankings = np.array([[[1, 0, np.nan], [1, np.nan, np.nan]]])
    found = rates(rankings)
    assert found[0, :2].tolist() == [1, 0] and np.isnan(found[0, 2])


def drawn(hardness, n_runs=12, seed=0):
    """Runs whose points straggle each with its own probability, (runs, P)."""
    return (np.random.default_rng(seed).random((n_runs, len(hardness))) < hardness).astype(np.float32)


def test_rankings_that_differ_by_chance_alone_reach_their_ceiling():
    hardness = np.random.default_rng(1).beta(0.1, 1, 4000)
    other = np.random.default_rng(2).permutation(hardness)
    found = compared(np.stack([drawn(hardness), drawn(hardness, seed=3), drawn(other, seed=4)]), 300)
    jaccard, rho, jaccard_ratio, rho_ratio, *_ = found
    assert jaccard_ratio[0, 1] == pytest.approx(1, abs=0.03) and rho_ratio[0, 1] == pytest.approx(1, abs=0.03)
    assert jaccard[0, 0] < 0.95 and rho[0, 0] < 0.95
    assert abs(rho[0, 2]) < 0.05 and jaccard_ratio[0, 2] < 0.2
    assert np.allclose(np.diagonal(jaccard_ratio), 1) and np.array_equal(jaccard, jaccard.T)


def test_points_of_which_no_run_can_tell_are_left_out():
    hardness = np.random.default_rng(1).beta(0.1, 1, 500)
    rankings = np.stack([drawn(hardness), drawn(hardness, seed=3)])
    known = np.arange(500) < 400
    unknown = rankings.copy()
    unknown[1][:, ~known] = np.nan
    assert np.allclose(compared(unknown, 30)[:4], compared(rankings[:, :, known], 30)[:4])


def test_what_runs_share_is_counted_between_different_runs():
    a = np.array([[1, 1, 0, 0], [1, 0, 1, 0]])
    b = np.array([[1, 1, 1, 1], [1, 1, 0, 0]])
    found = shared(np.stack([a, b]).astype(float))
    # Points of a's runs in the other run's b: both of 0's in 1's, both of 1's in 0's.
    assert found[0, 1] == 1 and found[1, 0] == pytest.approx((2 + 2) / 6) and found[0, 0] == 0.5


def test_chance_knows_the_classes():
    # All hard points are of the first class, of which they are half.
    group = np.repeat([0, 1], [20, 80])
    a, b = np.zeros(100), np.zeros(100)
    a[:10], b[10:20] = 1, 1
    common = 20 * 0.5 * 0.5
    assert chance(np.stack([a, b]), 10, group)[0, 1] == pytest.approx(common / (20 - common))


def test_a_class_of_the_same_parity_is_no_mistake_of_parity():
    group, coarse = np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1])
    taken = np.array([[0, 1, 2, 3], [2, 3, 0, 1], [1, 1, 3, 2]])
    found = across_groups(taken, group, coarse)
    assert found.tolist() == [[False] * 4, [False] * 4, [True, False, True, True]]


def test_rankings_are_of_the_seeds_that_invert_in_both_tasks():
    classes = StragglerSets(np.array([3, 1, 2]), np.eye(3, 5, dtype=bool))
    parity = StragglerSets(np.array([2, 9, 3]), np.eye(3, 5, k=1, dtype=bool))
    own = np.array([4, 3, 2, 1]), np.arange(20, dtype=float).reshape(4, 5)
    found = common_rankings(classes, own, classes.sets[:, ::-1], parity)
    assert found.shape == (len(RANKINGS), 2, 5)
    assert np.array_equal(found[0], classes.sets[[2, 0]]) and np.array_equal(found[1], own[1][[2, 1]])
    assert np.array_equal(found[2], classes.sets[[2, 0], ::-1]) and np.array_equal(found[3], parity.sets[[0, 2]])


@pytest.mark.parametrize("n_runs", [0, 1, 3, 6])
def test_the_table_has_every_pair_whatever_the_number_of_runs(n_runs):
    rankings = np.stack([drawn(np.full(50, 0.2), n_runs, seed) for seed in range(4)])
    table = points_table(rankings, np.arange(50) % 3, ADDRESS)
    assert list(table) == list(CLASSES_POINTS) and len(table) == 10
    assert (table["ranking_a"] == table["ranking_b"]).tolist() == [True] * 4 + [False] * 6
    assert table["jaccard"].notna().all() == (n_runs > 1) and table["jaccard_low"].notna().all() == (n_runs > 5)
