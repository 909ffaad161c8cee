"""Shares of variance in a two-way layout with known components."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from workflow.stragglers.analysis.variance import (
    complete_cells,
    derive,
    variance_components,
    variance_shares,
    variance_table,
)
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.tables.subject import Subject


def layout(by_dataset, by_optimizer, noise):
    return {(i, j): a + b + np.asarray(noise) for i, a in enumerate(by_dataset) for j, b in enumerate(by_optimizer)}


def values(shares):
    return {name: estimate.value for name, estimate in shares.items()}


def test_additive_layout_splits_exactly():
    # Variances 1 (datasets), 4 (optimisers) and 2 (seeds, ddof 1), of which 2 seeds leave 1 in a mean, a quarter of
    # that in each factor and, as there is none, in the interaction.
    components = variance_components(layout([0, 2], [0, 4], [-1, 1]))
    assert components == pytest.approx([0.75, 3.75, -0.25, 2])
    shares = values(variance_shares(layout([0, 2], [0, 4], [-1, 1])))
    assert shares == pytest.approx({"dataset": 0.75 / 6.5, "optimizer": 3.75 / 6.5, "interaction": 0, "seed": 2 / 6.5})


def test_interaction_is_what_additivity_leaves():
    cells = {(0, 0): np.zeros(2), (0, 1): np.zeros(2), (1, 0): np.zeros(2), (1, 1): np.full(2, 4.0)}
    shares = values(variance_shares(cells))
    assert shares == pytest.approx({"dataset": 1 / 3, "optimizer": 1 / 3, "interaction": 1 / 3, "seed": 0})


def drawn(rng, n, effects, noise):
    return {place: effect + rng.normal(0, noise, n) for place, effect in np.ndenumerate(effects)}


@pytest.mark.parametrize("n", [2, 5, 20])
def test_mere_noise_is_the_seeds(n):
    rng = np.random.default_rng(0)
    components = np.mean([variance_components(drawn(rng, n, np.zeros((3, 4)), 1)) for _ in range(400)], axis=0)
    assert components == pytest.approx([0, 0, 0, 1], abs=0.06)


@pytest.mark.parametrize("n", [5, 10, 20])
def test_shares_are_covered(n):
    """The interaction's, which is 0, is never missed: its interval cannot end below."""
    rng = np.random.default_rng(0)
    effects = np.array([0.0, 0.6, 1.4])[:, None] + np.array([0.0, 0.5, -0.3])
    squares = np.array([effects.mean(1).var(), effects.mean(0).var(), 0, 0.4**2])
    truth, trials = squares / squares.sum(), 120
    estimates = [list(variance_shares(drawn(rng, n, effects, 0.4)).values()) for _ in range(trials)]
    _, low, high = np.moveaxis(estimates, -1, 0)
    covered = ((low <= truth + 1e-9) & (truth <= high)).sum(axis=0)
    assert covered[2] >= 0.97 * trials
    # Chance adds 4 deviations of 120 trials.
    least, most = binom.ppf(3e-5, trials, 0.93), binom.ppf(1 - 3e-5, trials, 0.97)
    assert all(least <= number <= most for number in covered[[0, 1, 3]])


def rows(dataset, optimizer, errors, found=True):
    return pd.DataFrame(
        {
            "dataset": dataset,
            "optimizer": optimizer,
            "found": found,
            "train_error": errors,
            "epoch": np.arange(len(errors)) + 10.0,
        }
    )


def test_an_optimizer_that_fails_to_invert_on_one_dataset_is_left_out():
    five = [0.1, 0.2, 0.1, 0.2, 0.3]
    table = pd.concat(
        [rows(d, o, five) for d in "ab" for o in ("gd", "fast")]
        + [rows("a", "adam", five), rows("b", "adam", five[:4])]
    )
    assert set(complete_cells(table, "train_error")) == {(d, o) for d in "ab" for o in ("gd", "fast")}
    assert (variance_table(table)["left_out"] == "adam").all()


def test_table_has_intervals_that_hold_the_share_and_is_empty_with_one_optimizer():
    rng = np.random.default_rng(1)
    table = pd.concat(
        [
            rows(d, o, 0.1 * i + 0.02 * j + rng.normal(0, 0.01, 10))
            for i, d in enumerate("ab")
            for j, o in enumerate("xy")
        ]
    )
    result = variance_table(table).query("quantity == 'train_error'")
    assert result["share"].sum() == pytest.approx(1)
    assert (result["ci_low"] <= result["ci_high"]).all()
    assert result.set_index("component")["share"].idxmax() == "dataset"
    assert variance_table(table.query("optimizer == 'x'")).empty


def test_a_dataset_with_one_optimizer_is_left_out():
    table = pd.concat([rows(d, o, [0.1] * 5) for d, o in (("a", "gd"), ("a", "adam"), ("b", "gd"))])
    assert set(complete_cells(table, "train_error")) == {("a", "gd"), ("a", "adam")}


def test_groups_and_pairs_are_no_runs(tmp_path):
    """Of more than two groups each run has an inversion of all of them, and one of each and of each pair."""
    runs = pd.DataFrame(
        {"dataset": d, "optimizer": o, "seed": seed, "train_error": 0.1 + 0.01 * seed + 0.02 * (d == "b")}
        for d in ("a", "b")
        for o in ("gd", "adam")
        for seed in range(5)
    ).assign(**{"class_a": None, "network": "reference", "layer": 1, "observable": "D", "found": True, "epoch": 9})
    runs = runs.assign(removed="none").astype({"class_a": "string"})
    pairs = runs.assign(class_a="0", train_error=0.9)
    tables = []
    for name, table in (("means", runs), ("all", pd.concat([runs, pairs]))):
        file = tmp_path / f"{name}.parquet"
        table.to_parquet(file)
        subject = Subject(Defining(), {"gd": "gd", "adam": "adam"}, 10, [["a"], ["b"]])
        tables.append(derive({"inversion": str(file)}, subject))
    pd.testing.assert_frame_equal(*tables)
    assert set(tables[0].dropna()["n_runs"]) == {20}
