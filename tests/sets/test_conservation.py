import tracemalloc

import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workflow.stragglers.sets.conservation import conservation, epochs_at_error, error_grid, peak_interval
from workflow.stragglers.sets.overlap import (
    all_pairs,
    overlap,
)

P = 30
stacks = arrays(bool, st.tuples(st.integers(3, 5), st.just(P)))


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
    table, peak = conservation(
        [written(sets[:, :2], [0, 1], name="a"), written(sets[:, 2:], [5, 6], name="b")], ADDRESS
    )
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
    table, _ = conservation([written(sets)], ADDRESS)
    by_epoch = table.query("alignment == 'epoch'")
    # 28 pairs of common counts near 180 with deviation near 9: their mean is within 9.
    assert (abs(by_epoch["mean_common"] - by_epoch["expected_common"]) < 9).all()
    assert (abs(by_epoch["z"]) < 1).all()


def test_diverged_runs_are_left_out_of_conservation(written):
    sets = falling(4)
    loss = np.ones((13, 4))
    loss[5:, 2] = np.nan
    with_bad, _ = conservation([written(sets, loss=loss, name="bad")], ADDRESS)
    without, _ = conservation([written(sets[:, [0, 1, 3]], name="good")], ADDRESS)
    assert (with_bad["n_runs"] == 3).all()
    pd.testing.assert_frame_equal(with_bad, without)


def test_when_every_run_diverged_conservation_has_no_rows(written):
    table, peak = conservation([written(falling(3), loss=np.full((13, 3), np.nan))], ADDRESS)
    assert len(table) == len(peak) == 0 and "z" in table and "statistic" in peak


def test_one_run_has_no_pairs(written):
    table, peak = conservation([written(falling(1))], ADDRESS)
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
    _, peaks = conservation([written(np.stack([unrelated[0], agreeing, unrelated[1]]))], ADDRESS)
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
    table, peaks = conservation([written(sets)], ADDRESS)
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
    conservation([trajectory], ADDRESS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 * 60 * 60 * 8
