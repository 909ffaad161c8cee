import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from workflow.stragglers.geometry.manifolds import radii_of
from workflow.stragglers.sets.stragglers import (
    StragglerSets,
    consensus_fraction,
    consensus_table,
    nested_table,
    own_straggler_rate,
    own_straggler_sets,
    straggler_rate,
    straggler_sets,
    straggler_table,
)
from workflow.stragglers.spec.specification import Defining

P = 30
OWN = (0.25, 4)
stacks = arrays(bool, st.tuples(st.integers(3, 5), st.just(P)))


def inversion_rows(epochs, seeds, observable="D", class_a=None):
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
            "class_a": pd.array([class_a] * len(epochs), dtype="string"),
            "class_b": pd.array([None] * len(epochs), dtype="string"),
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


@pytest.mark.parametrize("groups", [["0+2", "1+3"], ["a", "b", "c"]])
def test_a_points_own_rate_is_at_the_inversion_of_its_groups_radius(written, groups):
    rng = np.random.default_rng(0)
    group = np.arange(P) % len(groups)
    sets = rng.random((5, 3, P)) < 0.3
    trajectory = written(sets, seeds=[4, 5, 6], groups=groups)
    # The first group turns in two runs, the second in one, a third in none.
    epochs = ([3, None, 1], [None, 2, None], [None] * 3)
    table = pd.concat(
        [inversion_rows([4, 4, 4], [4, 5, 6])]
        + [
            inversion_rows(of_group, [4, 5, 6], radius.name, radius.class_a)
            for radius, of_group in zip(radii_of(groups), epochs, strict=False)
        ]
    )
    seeds, wrong = own_straggler_sets([trajectory], [table], Defining(), group)
    assert seeds.tolist() == [4, 5, 6] and np.isnan(wrong[0, group == 1]).all()
    rate, n_runs = own_straggler_rate(wrong)
    assert (rate[group == 0] == (sets[3, 0] + sets[1, 2].astype(int))[group == 0] / 2).all()
    assert (rate[group == 1] == sets[2, 1][group == 1]).all() and np.isnan(rate[group == 2]).all()
    assert n_runs.tolist() == np.array([2, 1, 0])[group].tolist()


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
    rows = np.zeros((4, P), bool)
    rows[[0, 0, 1, 2, 2, 3, 3], [0, 1, 0, 0, 2, 0, 1]] = True
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
    table = straggler_table(StragglerSets(np.arange(20), rows), OWN, small, {**ADDRESS, "layer": 1})
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
    table = straggler_table(none, OWN, small, {**ADDRESS, "layer": 1})
    assert not table["consensus"].any() and table["straggler_rate"].isna().all() and (table["n_runs"] == 0).all()


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
