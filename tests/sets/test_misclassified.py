import tracemalloc

import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import hypergeom, norm

from workflow.stragglers.sets.conservation import conservation, epochs_at_error, error_grid, peak_interval
from workflow.stragglers.sets.overlap import (
    all_pairs,
    hypergeometric_mean,
    hypergeometric_variance,
    overlap,
    overlap_table,
)
from workflow.stragglers.sets.stragglers import (
    StragglerSets,
    consensus_fraction,
    consensus_table,
    nested_table,
    straggler_rate,
    straggler_sets,
    straggler_table,
)
from workflow.stragglers.spec.specification import Defining

P = 30
stacks = arrays(bool, st.tuples(st.integers(3, 5), st.just(P)))


def sets_of(*members, n_samples=P):
    rows = np.zeros((len(members), n_samples), bool)
    for row, chosen in zip(rows, members, strict=True):
        row[list(chosen)] = True
    return rows


def jaccard(a, b):
    return len(a & b) / len(a | b) if a | b else 1.0


# Chance


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


# Overlaps of pairs


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


# Stragglers


def inversion_rows(epochs, seeds, observable="D"):
    """The inversion table of runs that invert at ``epochs``, None for those that do not."""
    return pd.DataFrame(
        {
            **ADDRESS,
            "layer": 1,
            "run": range(len(epochs)),
            "seed": seeds,
            "removed": "none",
            "draw": 0,
            "observable": observable,
            "found": [epoch is not None for epoch in epochs],
            "epoch": pd.array([pd.NA if epoch is None else epoch for epoch in epochs], dtype="Int32"),
            "diverged_at": pd.array([pd.NA] * len(epochs), dtype="Int32"),
        }
    )


def test_stragglers_are_the_set_at_each_runs_own_inversion(written):
    rng = np.random.default_rng(0)
    sets = rng.random((5, 3, P)) < 0.3
    first = written(sets, seeds=[0, 1, 2], name="first")
    second = written(~sets, seeds=[7, 8, 9], name="second")
    tables = [inversion_rows([3, None, 1], [0, 1, 2]), inversion_rows([None, 2, None], [7, 8, 9])]
    found = straggler_sets([first, second], tables, Defining())
    assert found.seeds.tolist() == [0, 2, 8]
    assert np.array_equal(found.sets, [sets[3, 0], sets[1, 2], ~sets[2, 1]])


def test_only_the_defining_observable_counts(written):
    trajectory = written(np.ones((3, 1, P)))
    table = inversion_rows([1], [0], observable="R_plus")
    assert len(straggler_sets([trajectory], [table], Defining("D")).sets) == 0
    assert len(straggler_sets([trajectory], [table], Defining("R_plus")).sets) == 1


@given(stacks)
def test_straggler_sets_survive_saving(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("sets") / "sets.npz"
    StragglerSets(np.arange(len(rows)), rows).save(path)
    loaded = StragglerSets.load(path)
    assert np.array_equal(loaded.sets, rows) and np.array_equal(loaded.seeds, np.arange(len(rows)))


def test_the_straggler_rate_is_the_share_of_runs():
    rows = sets_of([0, 1], [0], [0, 2], [0, 1])
    assert straggler_rate(rows)[:4].tolist() == [1, 0.5, 0.25, 0]
    assert np.isnan(straggler_rate(rows[:0])).all()


def planted(n_runs=20, n_samples=500, n_planted=25, seed=0):
    """Every run holds 9 in 10 of the planted points and 1 in 20 of the others."""
    rng = np.random.default_rng(seed)
    rate = np.full(n_samples, 0.05)
    rate[rng.choice(n_samples, n_planted, replace=False)] = 0.9
    return rng.random((n_runs, n_samples)) < rate, rate > 0.5


def test_a_planted_consensus_is_recovered(small):
    rows, truth = planted(n_samples=len(small.images_train), n_planted=12)
    table = straggler_table(StragglerSets(np.arange(20), rows), small, {**ADDRESS, "layer": 1})
    assert np.array_equal(table["consensus"], truth)
    assert (table["n_runs"] == 20).all()
    assert table["sample_id"].tolist() == small.sample_id.tolist()
    assert table["class"].tolist() == small.class_train.tolist()
    assert table["label"].tolist() == small.label_train.tolist()
    assert np.array_equal(table["strict"], rows.all(axis=0))


def test_the_consensus_fraction_is_that_of_the_planted_points():
    rows, truth = planted()
    table = consensus_table(StragglerSets(np.arange(20), rows), {**ADDRESS, "layer": 1}).set_index("kind")
    consensus = table.loc["consensus"]
    assert consensus["fraction"] == truth.mean() == 0.05
    assert consensus["ci_low"] <= 0.05 <= consensus["ci_high"] and consensus["n_runs"] == 20
    assert table.loc["strict", "fraction"] == rows.all(axis=0).mean()


def test_below_five_runs_the_consensus_has_no_interval():
    rows, _ = planted(4)
    assert np.isfinite(consensus_fraction(rows).value) and np.isnan(consensus_fraction(rows).low)
    assert np.isfinite(consensus_fraction(planted(5)[0])).all()


@pytest.mark.parametrize(("n", "least", "most"), [(5, 0.97, 1), (10, 0.95, 0.99), (20, 0.93, 0.98)])
def test_the_consensus_fraction_of_endlessly_many_runs_is_covered(n, least, most):
    """Points differ in how hard they are, runs in their own errors and in how many they make.

    Of 5 runs .99: what little they tell of the bias is taken at its worst.
    """
    rng = np.random.default_rng(0)
    covered, trials = 0, 300
    for _ in range(trials):
        hard, threshold = rng.standard_normal(600), norm.isf(0.09)
        noise = rng.standard_normal((n, 600)) * np.sqrt(0.1) + rng.normal(0, 0.02, (n, 1))
        _, low, high = consensus_fraction(hard * np.sqrt(0.9) + noise > threshold)
        covered += low <= (hard * np.sqrt(0.9) > threshold).mean() <= high
    assert least <= covered / trials <= most


def test_without_inversions_the_consensus_is_missing():
    none = StragglerSets(np.array([], int), np.zeros((0, P), bool))
    table = consensus_table(none, {**ADDRESS, "layer": 1})
    assert table["fraction"].isna().all() and (table["n_runs"] == 0).all()


def test_without_inversions_nothing_is_a_straggler(small):
    none = StragglerSets(np.array([], int), np.zeros((0, len(small.images_train)), bool))
    table = straggler_table(none, small, {**ADDRESS, "layer": 1})
    assert not table["consensus"].any() and table["straggler_rate"].isna().all() and (table["n_runs"] == 0).all()


# Between networks and optimisers


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


# Inside larger training sets


def test_stragglers_are_followed_into_larger_sets_that_hold_all_points():
    def cell(dataset, consensus):
        return pd.DataFrame(
            {**ADDRESS, "layer": 1, "dataset": dataset, "sample_id": list(consensus), "consensus": consensus.values()}
        )

    small = {3: True, 5: True, 7: False, 9: False, 11: False}
    large = {3: True, 5: False, 7: True, 9: False, 11: False, 13: True}
    table = nested_table(pd.concat([cell("large", large), cell("small", small), cell("apart", {1: True, 3: True})]))
    (row,) = table.itertuples()
    assert (row.inner, row.outer, row.n_inner, row.n_outer) == ("small", "large", 5, 6)
    # Point 3 of {3, 5} stays, point 7 of {7, 9, 11} joins.
    assert row.kept == 1 / 2 and row.gained == pytest.approx(1 / 3)


# Conservation


def test_the_epoch_at_an_error_is_the_first():
    error = np.array([[0.5, 0.4], [0.3, 0.4], [0.4, 0.2], [0.1, 0.1]])
    assert epochs_at_error(error, np.array([0.4, 0.3, 0.1])).tolist() == [[1, 0], [1, 2], [3, 3]]


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_every_run_reaches_every_error_of_the_grid(n_runs, seed):
    rng = np.random.default_rng(seed)
    # Errors are counts over P in single precision, as recorded.
    error = np.sort(rng.integers(0, 8192, (50, n_runs)), axis=0)[::-1] / np.float32(8192)
    errors = error_grid(error)
    assert (np.diff(errors) < 0).all()
    for epochs, limit in zip(epochs_at_error(error, errors), errors, strict=True):
        at = error[epochs, range(n_runs)]
        assert (at <= limit).all()
        assert all(epoch == 0 or error[epoch - 1, run] > limit for run, epoch in enumerate(epochs))


def falling(n_runs, n_samples=400, epochs=12, seed=0):
    """Sets that shrink over time, run by run at random, about a shared core of 20 points."""
    rng = np.random.default_rng(seed)
    shares = np.geomspace(0.5, 0.02, epochs + 1)[:, None, None]
    sets = rng.random((1, n_runs, n_samples)) < shares
    sets[..., :20] = rng.random((epochs + 1, n_runs, 20)) < 0.9
    return sets


def test_conservation_has_a_row_per_epoch_and_one_per_common_error(written):
    sets = falling(4)
    table, peak = conservation([written(sets[:, :2], [0, 1], name="a"), written(sets[:, 2:], [5, 6], name="b")])
    by_epoch = table.query("alignment == 'epoch'")
    assert by_epoch["epoch"].tolist() == list(range(13)) and (table["n_runs"] == 4).all()
    for epoch, row in enumerate(by_epoch.itertuples()):
        expected = overlap(sets[epoch], sets[epoch], all_pairs(4)).summary()
        assert row.mean_common == expected["mean_common"] and row.z == pytest.approx(expected["z"], nan_ok=True)
    assert len(table.query("alignment == 'train_error'")) == 40
    assert not peak.duplicated(["alignment", "statistic"]).any() and len(peak) == 6
    for row in peak.query("alignment == 'epoch'").itertuples():
        best = by_epoch[by_epoch["mean_common"] >= 10].nlargest(1, row.statistic).iloc[0]
        assert row.value == pytest.approx(best[row.statistic])
        assert row.train_error == pytest.approx(best["train_error"])
    # Four runs give no interval.
    assert peak[["ci_low", "ci_high"]].isna().all(axis=None)
    assert (peak["plateau_low"] <= peak["train_error"]).all() and (peak["train_error"] <= peak["plateau_high"]).all()


def test_independent_sets_are_conserved_no_more_than_by_chance(written):
    sets = np.random.default_rng(1).random((6, 8, 2000)) < 0.3
    table, _ = conservation([written(sets)])
    by_epoch = table.query("alignment == 'epoch'")
    # 28 pairs of common counts near 180 with deviation near 9: their mean is within 9.
    assert (abs(by_epoch["mean_common"] - by_epoch["expected_common"]) < 9).all()
    assert (abs(by_epoch["z"]) < 1).all()


def test_diverged_runs_are_left_out_of_conservation(written):
    sets = falling(4)
    loss = np.ones((13, 4))
    loss[5:, 2] = np.nan
    with_bad, _ = conservation([written(sets, loss=loss, name="bad")])
    without, _ = conservation([written(sets[:, [0, 1, 3]], name="good")])
    assert (with_bad["n_runs"] == 3).all()
    pd.testing.assert_frame_equal(with_bad, without)


def test_when_every_run_diverged_conservation_has_no_rows(written):
    table, peak = conservation([written(falling(3), loss=np.full((13, 3), np.nan))])
    assert len(table) == len(peak) == 0 and "z" in table and "statistic" in peak


def test_one_run_has_no_pairs(written):
    table, peak = conservation([written(falling(1))])
    assert (table["n_runs"] == 1).all() and table["mean_common"].isna().all() and len(peak) == 0
    assert "statistic" in peak and "ci_low" in peak


def test_conservation_peaks_where_sets_agree_most(written):
    """Three epochs: unrelated sets, nearly the same set, unrelated sets."""
    rng = np.random.default_rng(0)
    core = np.zeros(400, bool)
    core[:80] = True
    unrelated = [np.stack([rng.permutation(core) for _ in range(8)]) for _ in range(2)]
    agreeing = np.stack([core] * 8)
    for run in range(8):
        agreeing[run, 80 + run] = True
    _, peaks = conservation([written(np.stack([unrelated[0], agreeing, unrelated[1]]))])
    at_epoch = peaks[peaks["alignment"] == "epoch"].set_index("statistic")
    assert set(at_epoch.index) == {"z", "jaccard", "conditional"}
    # The sets of the middle epoch hold one point more.
    assert at_epoch["train_error"].drop("z").to_numpy() == pytest.approx(81 / 400)
    assert at_epoch["value"]["conditional"] == pytest.approx(80 / 81)
    assert at_epoch["value"]["jaccard"] == pytest.approx(80 / 82)
    assert at_epoch["plateau_low"]["jaccard"] == at_epoch["plateau_high"]["jaccard"]


def test_sets_that_share_less_than_by_chance_have_no_peak(written):
    """At every epoch the runs share 12 points, and each leaves out what the others hold."""
    sets = np.zeros((3, 5, 300), bool)
    sets[..., :12] = True
    for run in range(5):
        sets[:, run, 12 + 57 * run : 12 + 57 * (run + 1)] = True
        # Pairs vary, or z is missing.
        sets[:, run, 12 + run] = True
    table, peaks = conservation([written(sets)])
    assert (table["z"].dropna() < 0).all() and table["z"].notna().any()
    peaks = peaks[peaks["alignment"] == "epoch"].set_index("statistic")
    assert peaks.loc["z", ["train_error", "ci_low", "ci_high", "plateau_low", "plateau_high"]].isna().all()
    assert peaks.loc["z", "value"] < 0 and peaks.loc["jaccard", "plateau_low"] > 0


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_place_of_a_peak_is_covered_at_least_as_often(n):
    """A hump on which every run adds noise of its own, which neighbouring points share in part.

    Above 95 %, since the points around the peak are hardly lower.
    """
    rng = np.random.default_rng(0)
    points = np.linspace(-1, 1, 21)
    covered, trials = 0, 300
    for _ in range(trials):
        noise = np.cumsum(rng.normal(0, 0.1, (21, n)), axis=0) / 3
        values = (1 - (points - 0.2) ** 2)[:, None] + noise
        left_out = (values.sum(axis=1, keepdims=True) - values) / (n - 1)
        errors = np.geomspace(0.5, 0.05, 21)[:, None] * rng.normal(1, 0.02, n)
        low, high = peak_interval(values.mean(axis=1), left_out, errors)
        covered += low <= np.geomspace(0.5, 0.05, 21)[12] <= high
    assert covered >= 0.94 * trials


def test_a_peak_has_an_interval_from_five_runs_on():
    curve, left_out, errors = np.array([1.0, 2, 1]), np.tile([[1.0], [2], [1]], 5), np.tile([[0.3], [0.2], [0.1]], 5)
    assert peak_interval(curve, left_out, errors) == pytest.approx((0.2, 0.2))
    assert np.isnan(peak_interval(curve, left_out[:, :4], errors[:, :4])).all()


def test_memory_does_not_grow_by_a_matrix_of_pairs_a_state(written):
    trajectory = written(np.random.default_rng(0).random((100, 60, 64)) < 0.4)
    tracemalloc.start()
    conservation([trajectory])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 * 60 * 60 * 8


def test_stragglers_kept_in_a_larger_training_set():
    def cell(dataset, sample_id, consensus):
        address = {**ADDRESS, "dataset": dataset, "layer": 1}
        return pd.DataFrame({**address, "sample_id": sample_id, "consensus": consensus})

    inner = cell("inner", [2, 4, 6, 8], [True, True, False, False])
    outer = cell("outer", range(10), [False, False, True, False, False, False, True, False, False, True])
    apart = cell("apart", [20, 21], [True, False])
    (row,) = nested_table(pd.concat([inner, outer, apart])).itertuples()
    assert (row.inner, row.outer, row.n_inner, row.n_outer) == ("inner", "outer", 4, 10)
    assert (row.kept, row.gained) == (0.5, 0.5)
