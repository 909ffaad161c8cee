import logging

import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from workflow.stragglers.analysis.linear import CLASSIFIERS, agreement, fit, fit_all, jaccards, linear_table
from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.figures import figs2_linear
from workflow.stragglers.sets.stragglers import StragglerSets


def gaussians(distance, flipped=0.0, n=1000, d=5, seed=0):
    """Two unit Gaussians whose centres lie ``distance`` apart, labels flipped at random in training only."""
    rng = np.random.default_rng(seed)

    def split(n):
        label = rng.choice([-1, 1], n).astype(np.int8)
        x = rng.standard_normal((n, d))
        x[:, 0] += label * distance / 2
        return x, label

    (x, label), (x_test, label_test) = split(n), split(n)
    flips = np.zeros(n, bool)
    flips[rng.choice(n, round(flipped * n), replace=False)] = True
    label = np.where(flips, -label, label).astype(np.int8)
    dataset = Dataset(x, x_test, label, label_test, label, label_test, np.arange(n))
    return dataset, flips


# Fits


def test_separable_data_leave_no_residual():
    dataset, _ = gaussians(distance=40)
    table, mistakes = fit_all(dataset)
    assert table["classifier"].tolist() == [*CLASSIFIERS] == [*mistakes]
    assert (table[["train_error", "test_error"]] == 0).all(axis=None) and table["converged"].all()
    assert not any(wrong.any() for wrong in mistakes.values())


@given(st.floats(0.01, 0.1), st.integers(0, 5))
def test_the_mistakes_on_far_apart_classes_are_the_flipped_labels(q, seed):
    dataset, flips = gaussians(distance=40, flipped=q, seed=seed)
    table, mistakes = fit_all(dataset)
    assert all(np.array_equal(wrong, flips) for wrong in mistakes.values())
    assert (table["train_error"] == flips.mean()).all() and (table["test_error"] == 0).all()


def test_the_residual_of_overlapping_gaussians_is_that_of_the_best_plane():
    # The planted stragglers' closed form: q Φ(μ) + (1 - q) Φ(-μ).
    dataset, flips = gaussians(distance=3, flipped=0.1, n=20000)
    table, _ = fit_all(dataset)
    expected = 0.1 * norm.cdf(1.5) + 0.9 * norm.cdf(-1.5)
    assert table["train_error"].to_numpy() == pytest.approx(expected, abs=0.01)
    assert table["test_error"].to_numpy() == pytest.approx(norm.cdf(-1.5), abs=0.01)


def test_repeated_and_constant_features_change_nothing():
    dataset, _ = gaussians(distance=2)
    x, x_test = dataset.images_train, dataset.images_test
    wider = Dataset(
        np.hstack([x, x, np.ones_like(x)]),
        np.hstack([x_test, x_test, 9 * np.ones_like(x_test)]),
        *(dataset.class_train, dataset.class_test, dataset.label_train, dataset.label_test, dataset.sample_id),
    )
    (table, mistakes), (wide, wide_mistakes) = fit_all(dataset), fit_all(wider)
    assert (table["n_features"] == 5).all() and (wide["n_features"] == 10).all()
    assert np.array_equal(mistakes["lda"], wide_mistakes["lda"])
    # Repeating a feature halves its penalty, which is weak.
    assert (mistakes["logistic"] != wide_mistakes["logistic"]).mean() < 0.005


def test_a_discriminant_of_more_features_than_points_is_not_determined(small):
    table, mistakes = fit_all(gaussians(distance=1, n=20, d=50)[0])
    table = table.set_index("classifier")
    assert table.loc["lda", ["train_error", "test_error"]].isna().all() and [*mistakes] == ["logistic"]
    assert table.loc["logistic", "train_error"] < 0.5


def test_a_fit_depends_on_nothing_else(small):
    first, second = fit_all(small), fit_all(small)
    pd.testing.assert_frame_equal(first[0], second[0])
    assert all(np.array_equal(first[1][name], second[1][name]) for name in CLASSIFIERS)


def test_a_fit_that_does_not_converge_says_so_in_the_log(caplog, recwarn):
    dataset, _ = gaussians(distance=2)
    hasty = LogisticRegression(max_iter=1)
    with caplog.at_level(logging.WARNING):
        _, converged = fit("logistic", hasty, dataset.images_train, dataset.label_train)
    assert not converged and not recwarn.list
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["logistic"]


# Beside the stragglers


def sets_of(*members, n_samples=100):
    rows = np.zeros((len(members), n_samples), bool)
    for row, chosen in zip(rows, members, strict=True):
        row[list(chosen)] = True
    return rows


def test_jaccard_indices_of_a_small_example():
    (mistakes,) = sets_of([0, 1, 2])
    assert jaccards(mistakes, sets_of([0, 1, 2], [2, 3], [50])).tolist() == [1, 1 / 4, 0]


def test_agreement_with_the_consensus_and_with_single_runs():
    (mistakes,) = sets_of(range(10))
    # Points 0-4 are in all runs, the others in one of three.
    measured = agreement(mistakes, sets_of([*range(5), 20], [*range(5), 30], [*range(5), 9]))
    assert measured["jaccard"] == 5 / 10
    assert measured["jaccard_runs"] == pytest.approx((5 / 11 + 5 / 11 + 6 / 10) / 3)
    assert np.isnan(measured["jaccard_runs_low"])
    # Chance shares 10 * 5 / 100 points.
    assert measured["jaccard_chance"] == pytest.approx(0.5 / 14.5)


def test_agreement_beside_that_of_two_runs_varies_with_both():
    (mistakes,) = sets_of(range(10))
    # All pairs of runs share 8 of 12 points, and each run 9 of its 10 with the mistakes.
    runs = [{*range(10), 20 + run} - {run} for run in range(6)]
    measured = agreement(mistakes, sets_of(*runs))
    assert measured["jaccard_ratio"] == pytest.approx((9 / 11) / (8 / 12))
    assert measured["jaccard_ratio_low"] == pytest.approx(measured["jaccard_ratio"])
    runs[0] = {*range(5)}
    measured = agreement(mistakes, sets_of(*runs))
    assert measured["jaccard_ratio_low"] < measured["jaccard_ratio"] < measured["jaccard_ratio_high"]
    assert np.isnan(agreement(mistakes, sets_of(*runs[:4]))["jaccard_ratio_low"])


def test_without_stragglers_there_is_nothing_to_agree_with():
    (mistakes,) = sets_of(range(10))
    assert np.isnan([*agreement(mistakes, sets_of()).values()]).all()


def test_a_discriminant_that_is_not_determined_has_nothing_to_agree_with():
    fits, mistakes = fit_all(gaussians(distance=1, n=20, d=50)[0])
    runs = pd.DataFrame({"dataset": "d", "observable": "D", "layer": 1, "found": True, "train_error": np.full(6, 0.2)})
    rows = linear_table(
        [{"dataset": "d"}],
        [fits],
        [mistakes],
        {"d": StragglerSets(np.arange(6), sets_of(*[range(4)] * 6, n_samples=20))},
        runs,
        pd.DataFrame({"dataset": ["d"], "jaccard": [0.9]}),
        "D",
    ).set_index("classifier")
    undetermined = rows.loc["lda", ["ratio", "jaccard", "jaccard_chance", "jaccard_runs", "jaccard_runs_low"]]
    assert undetermined.isna().all() and rows.loc["logistic", ["jaccard", "jaccard_runs"]].notna().all()


def test_two_empty_sets_agree():
    measured = agreement(*sets_of([]), sets_of([], []))
    assert measured["jaccard"] == measured["jaccard_chance"] == measured["jaccard_runs"] == 1


@pytest.fixture
def table():
    """Of a dataset whose runs invert, one whose runs do not, and one without runs of the reference."""
    names = ["inverts", "monotone", "without"]
    fits, mistakes = zip(*[fit_all(gaussians(3, 0.1, n=100)[0]) for _ in names], strict=True)
    inversion = pd.DataFrame(
        {
            "dataset": ["inverts"] * 4 + ["monotone"] * 2,
            "layer": 1,
            "observable": ["D", "D", "D", "R_plus", "D", "D"],
            "found": [True, True, False, True, False, False],
            "train_error": [0.1, 0.2, np.nan, 0.7, np.nan, np.nan],
        }
    )
    return linear_table(
        [{**ADDRESS, "dataset": name} for name in names],
        fits,
        mistakes,
        {
            "inverts": StragglerSets(np.arange(2), np.stack([mistakes[0]["lda"]] * 2)),
            "monotone": StragglerSets(np.zeros(0, int), sets_of()),
        },
        inversion,
        pd.DataFrame({"dataset": ["inverts", "monotone"], "jaccard": [0.8, np.nan]}),
        "D",
    )


def test_the_table_has_a_row_per_dataset_and_classifier(table):
    assert len(table) == 3 * len(CLASSIFIERS)
    assert not table.duplicated(["dataset", "classifier"]).any()
    lda = table.query("dataset == 'inverts' and classifier == 'lda'").iloc[0]
    assert lda["eps_star"] == pytest.approx(0.15) and lda["ratio"] == pytest.approx(0.15 / lda["train_error"])
    assert np.isnan([lda["ci_low"], lda["ci_high"]]).all()
    assert (lda["n_inverted"], lda["n_runs"]) == (2, 3)
    assert lda["jaccard"] == lda["jaccard_runs"] == 1 and lda["jaccard_run_to_run"] == 0.8


def test_the_table_has_null_values_without_an_inversion_or_runs(table):
    rest = table[table["dataset"] != "inverts"]
    assert rest[["eps_star", "ratio", "jaccard", "jaccard_runs", "jaccard_run_to_run"]].isna().all(axis=None)
    assert rest["train_error"].notna().all() and (rest["n_inverted"] == 0).all()
    assert rest.groupby("dataset")["n_runs"].first().to_dict() == {"monotone": 2, "without": 0}


# Figure


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.01, 0.1))
def test_labels_keep_their_order_and_distance(heights, gap):
    moved = figs2_linear.spread(sorted(heights), gap)
    assert (np.diff(moved) >= gap - 1e-9).all() and moved.mean() == pytest.approx(np.mean(heights))


@pytest.mark.parametrize("kept", [["inverts", "monotone", "without"], ["inverts"], ["monotone"], ["without"]])
def test_the_figure_shows_what_there_is(table, kept):
    rows = table[table["dataset"].isin(kept)]
    content = figs2_linear.Content("D", [[name] for name in kept], {name: name for name in kept}, rows)
    assert isinstance(figs2_linear.draw(content), Figure)
    numbers = figs2_linear.caption(content)
    assert numbers["n_inverted"] == ("inverts" in kept) and numbers["n_datasets"] == len(kept)
