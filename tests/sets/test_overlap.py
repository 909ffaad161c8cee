import numpy as np
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import hypergeom

from workflow.stragglers.sets.overlap import (
    all_pairs,
    hypergeometric_mean,
    hypergeometric_variance,
    overlap,
    overlap_table,
)
from workflow.stragglers.sets.stragglers import (
    StragglerSets,
)

P = 30
stacks = arrays(bool, st.tuples(st.integers(3, 5), st.just(P)))


def sets_of(*members, n_samples=P):
    rows = np.zeros((len(members), n_samples), bool)
    for row, chosen in zip(rows, members, strict=True):
        row[list(chosen)] = True
    return rows


def jaccard(a, b):
    return len(a & b) / len(a | b) if a | b else 1.0


@given(st.integers(2, 300), st.data())
def test_chance_overlaps_are_hypergeometric(n, data):
    k1, k2 = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    with np.errstate(all="ignore"):  # of the higher moments that scipy computes beside
        mean, variance = hypergeom(n, k1, k2).stats("mv")
    assert hypergeometric_mean(k1, k2, n) == pytest.approx(mean)
    assert hypergeometric_variance(k1, k2, n) == pytest.approx(variance, abs=1e-12)


def test_large_sets_do_not_overflow():
    k = np.int32(60000)
    assert hypergeometric_mean(k, k, 60000) == 60000 and hypergeometric_variance(k, k, 60000) == 0


@given(stacks, stacks)
def test_overlaps_are_those_of_python_sets(a, b):
    measured = overlap(a, b, np.ones((len(a), len(b))))
    for i, j in np.ndindex(len(a), len(b)):
        first, second = set(np.flatnonzero(a[i])), set(np.flatnonzero(b[j]))
        assert measured.common[i, j] == len(first & second)
        assert measured.expected[i, j] == pytest.approx(len(first) * len(second) / P)
        assert measured.jaccard[i, j] == pytest.approx(jaccard(first, second))


def test_two_empty_sets_are_the_same_set():
    assert overlap(sets_of([]), sets_of([]), np.ones((1, 1))).jaccard == 1
    assert overlap(sets_of([]), sets_of([0]), np.ones((1, 1))).jaccard == 0


def test_z_of_a_small_example():
    # Pairs share 4, 2 and 2 of their 6 points; chance gives 36 / 30 = 1.2, the deviation is 2 / sqrt(3).
    rows = sets_of(range(0, 6), [0, 1, 2, 3, 10, 11], [0, 1, 20, 21, 22, 23])
    summary = overlap(rows, rows, all_pairs(3)).summary()
    assert summary["mean_common"] == pytest.approx(8 / 3)
    assert summary["expected_common"] == pytest.approx(1.2)
    assert summary["sd_common"] == pytest.approx(2 / np.sqrt(3))
    assert summary["sd_null"] ** 2 == pytest.approx(36 * 24 * 24 / (900 * 29))
    assert summary["z"] == pytest.approx((8 / 3 - 1.2) / (2 / np.sqrt(3)))
    assert summary["jaccard"] == pytest.approx((4 / 8 + 2 / 10 + 2 / 10) / 3)
    assert summary["conditional"] == pytest.approx((8 / 3) / 6)


def test_z_is_missing_where_pairs_do_not_vary():
    rows = sets_of([0, 1], [0, 1], [0, 1])
    assert np.isnan(overlap(rows, rows, all_pairs(3)).summary()["z"])
    two = overlap(rows[:2], rows[:2], all_pairs(2)).summary()
    assert two["mean_common"] == 2 and np.isnan(two["sd_common"])
    assert all(np.isnan(value) for value in overlap(rows[:1], rows[:1], all_pairs(1)).summary().values())


@given(stacks)
def test_leaving_a_run_out_is_a_summary_of_the_others(rows):
    n = len(rows)
    left_out = overlap(rows, rows, all_pairs(n)).left_out()
    for run in range(n):
        others = np.delete(rows, run, axis=0)
        expected = overlap(others, others, all_pairs(n - 1)).summary()
        assert {name: values[run] for name, values in left_out.items()} == pytest.approx(expected, nan_ok=True)


def test_mismatched_weights_are_refused():
    with pytest.raises(ValueError, match="differ"):
        overlap(sets_of([0], [1]), sets_of([0]), np.ones((1, 2)))


def test_only_pairs_of_different_seeds_of_one_dataset_count():
    cells = [ADDRESS, {**ADDRESS, "network": "wide"}, {**ADDRESS, "dataset": "other"}]
    a = StragglerSets(np.array([0, 1, 2]), sets_of([0, 1], [0, 1], [0, 1]))
    # Seeds 1 and 2 are a's own runs; only seed 5 shares nothing with them.
    b = StragglerSets(np.array([1, 2, 5]), sets_of([0, 1], [0, 1], [8, 9]))
    table = overlap_table(cells, [a, b, a])
    assert table[["network_a", "network_b", "dataset"]].to_numpy().tolist() == [
        ["reference", "reference", "small"],
        ["reference", "wide", "small"],
        ["wide", "wide", "small"],
        ["reference", "reference", "other"],
    ]
    assert table["n_pairs"].tolist() == [3, 7, 3, 3]
    # Of a-b pairs, (0,1) (0,2) (1,2) (2,1) share both points, the three with seed 5 none.
    assert table["mean_common"].tolist() == pytest.approx([2, 8 / 7, 2 / 3, 2])
