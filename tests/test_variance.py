"""Shares of variance in a two-way layout with known components."""

import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.variance import complete_cells, variance_shares, variance_table


def layout(by_dataset, by_optimizer, noise):
    return {(i, j): a + b + np.asarray(noise) for i, a in enumerate(by_dataset) for j, b in enumerate(by_optimizer)}


def test_additive_layout_splits_exactly():
    shares = variance_shares(layout([0, 2], [0, 4], [-1, 1]))
    # Variances 1 (datasets), 4 (optimisers) and 1 (seeds) of a total of 6.
    assert shares == pytest.approx({"dataset": 1 / 6, "optimizer": 4 / 6, "interaction": 0, "seed": 1 / 6})


def test_interaction_is_what_additivity_leaves():
    cells = {(0, 0): np.zeros(2), (0, 1): np.zeros(2), (1, 0): np.zeros(2), (1, 1): np.full(2, 4.0)}
    shares = variance_shares(cells)
    assert shares == pytest.approx({"dataset": 1 / 3, "optimizer": 1 / 3, "interaction": 1 / 3, "seed": 0})


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
    table = pd.concat(
        [
            rows("a", "gd", [0.1, 0.2]),
            rows("b", "gd", [0.1, 0.2]),
            rows("a", "adam", [0.1, 0.2]),
            rows("b", "adam", [0.1]),
        ]
    )
    assert set(complete_cells(table, "train_error")) == {("a", "gd"), ("b", "gd")}


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
    table = pd.concat([rows(d, o, [0.1, 0.2]) for d, o in (("a", "gd"), ("a", "adam"), ("b", "gd"))])
    assert set(complete_cells(table, "train_error")) == {("a", "gd"), ("a", "adam")}
