import logging

import numpy as np
import pytest
from conftest import seeds_table
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_stragglers import inversion_rows

from workflow.stragglers.sets.ablation import (
    ablation_table,
    logarithmic_epochs,
    most_frequent,
    random_like,
    removals,
    removals_of_run,
    trainable,
)
from workflow.stragglers.spec.specification import AblationPlan, Defining, Network
from workflow.stragglers.support.columns import ABLATION

P = 40
CLASSES = np.arange(P) % 4


def counts(points, classes=CLASSES):
    return np.bincount(classes[points], minlength=4).tolist()


@pytest.fixture
def sets():
    """Sets of 7 epochs that shrink from all points to none."""
    order = np.random.default_rng(0).permutation(P)
    return np.stack([order < size for size in (40, 30, 20, 10, 5, 2, 0)])


def repeat(sets, inversion_epoch=3, random_draws=2, grid=(1, 2, 6)):
    return removals_of_run(7, sets, sets.mean(1), inversion_epoch, CLASSES, random_draws, grid)


@given(arrays(bool, P), st.integers(0, 1000))
def test_random_points_match_the_set_class_by_class(points, seed):
    drawn = random_like(points, CLASSES, np.random.default_rng(seed))
    assert counts(drawn) == counts(points)


def test_random_points_are_drawn_from_the_whole_class():
    points = np.arange(P) < 4
    drawn = np.stack([random_like(points, CLASSES, np.random.default_rng(seed)) for seed in range(300)])
    # Each point of 10 a class is drawn with chance 1/10; 300 draws lie within 5 deviations of 30.
    assert (abs(drawn.sum(0) - 30) < 5 * np.sqrt(300 * 0.09)).all()


@given(st.integers(1, 3000), st.integers(1, 30))
def test_logarithmic_epochs_are_distinct_and_within_range(epochs, points):
    grid = logarithmic_epochs(epochs, points)
    assert 1 <= len(grid) <= points and (np.diff(grid) > 0).all()
    assert grid[0] == 1 and grid[-1] <= epochs
    assert points == 1 or grid[-1] == epochs


def test_logarithmic_epochs_are_evenly_spaced_in_their_logarithm():
    assert logarithmic_epochs(1000, 4).tolist() == [1, 10, 100, 1000]
    assert logarithmic_epochs(3, 8).tolist() == [1, 2, 3]


def test_each_kind_is_removed_once_or_as_often_as_asked(sets):
    found = repeat(sets)
    assert [(r.removed, r.draw) for r in found] == [
        ("none", 0),
        ("stragglers", 0),
        ("random", 0),
        ("uniform", 0),
        ("random", 1),
        ("uniform", 1),
        ("misclassified_at", 0),
        ("misclassified_at", 1),
    ]
    none, stragglers, random, uniform, other, _, first, second = (r.points for r in found)
    assert not none.any()
    assert np.array_equal(stragglers, sets[3]) and np.array_equal(first, sets[1]) and np.array_equal(second, sets[2])
    assert counts(random) == counts(other) == counts(stragglers)
    assert (random != other).any() and (random != stragglers).any()
    assert uniform.sum() == stragglers.sum() and counts(uniform) != counts(stragglers)
    expected = [np.nan, 0.25, *[np.nan] * 4, 0.75, 0.5]
    assert [r.removed_error for r in found] == pytest.approx(expected, nan_ok=True)
    assert {r.seed for r in found} == {7}


def test_random_draws_are_the_same_at_every_call(sets):
    assert all(np.array_equal(a.points, b.points) for a, b in zip(repeat(sets), repeat(sets), strict=True))


def test_random_draws_differ_between_seeds(sets):
    drawn = [removals_of_run(seed, sets, sets.mean(1), 3, CLASSES, 1, [])[2].points for seed in (0, 1)]
    assert (drawn[0] != drawn[1]).any()


def test_without_inversion_there_are_no_stragglers_and_no_random_points(sets):
    assert [r.removed for r in repeat(sets, inversion_epoch=None)] == ["none", "misclassified_at", "misclassified_at"]


def test_an_empty_set_is_not_removed(sets):
    assert [r.removed for r in repeat(sets, grid=(6,))] == ["none", "stragglers", *["random", "uniform"] * 2]
    # Nor are stragglers of a run that turns where it makes no error, and nothing to match them.
    assert [r.removed for r in repeat(sets, inversion_epoch=6, grid=(1,))] == ["none", "misclassified_at"]


def test_a_row_says_how_much_was_removed(sets):
    row = repeat(sets)[1].row
    assert (row["n_removed"], row["removed_fraction"], row["removed_error"]) == (10, 0.25, 0.25)


def test_a_label_must_keep_points():
    label = np.array([-1, -1, 1, 1])
    assert trainable(repeat(np.zeros((7, P), bool), None)[0], np.tile(label, P // 4))

    class Of:
        def __init__(self, *points):
            self.points = np.array(points, bool)

    assert trainable(Of(1, 0, 0, 1), label)
    assert not trainable(Of(0, 0, 1, 1), label) and not trainable(Of(1, 1, 1, 1), label)


def plan_removals(small, written, epochs, seeds=(0, 1), **options):
    """Removals planned for a block of three runs that misclassify half of the points at random."""
    sets = np.random.default_rng(0).random((4, 3, len(small.images_train))) < 0.5
    plan = AblationPlan(
        random_draws=1,
        grid=options.pop("grid", 0),
        fractions=options.pop("fractions", ()),
        other_seed=options.pop("other_seed", False),
    )
    trajectory = written(options.pop("sets", sets), seeds=[0, 1, 2])
    return removals(seeds, [trajectory], [inversion_rows(epochs, [0, 1, 2])], plan, Defining(), small, **options)


def test_only_the_asked_seeds_are_repeated(small, written):
    found = plan_removals(small, written, [1, 2, 3], seeds=[2, 0])
    assert [(r.seed, r.removed) for r in found] == [
        (seed, removed) for seed in (0, 2) for removed in ("none", "stragglers", "random", "uniform")
    ]


def test_a_run_without_inversion_is_reported_by_seed(small, written, caplog):
    with caplog.at_level(logging.INFO):
        found = plan_removals(small, written, [1, None, 2])
    assert [(r.seed, r.removed) for r in found] == [
        *((0, kind) for kind in ("none", "stragglers", "random", "uniform")),
        (1, "none"),
    ]
    assert "seed 1 has no inversion" in caplog.text


def test_a_removal_that_empties_a_label_is_left_out_and_reported(small, written, caplog):
    sets = np.zeros((4, 3, len(small.images_train)), bool)
    sets[2] = small.label_train == 1
    with caplog.at_level(logging.INFO):
        found = plan_removals(small, written, [2, 2, 2], seeds=[0], sets=sets)
    # As many points of any class leave both labels some.
    assert [r.removed for r in found] == ["none", "uniform"]
    assert "stragglers of seed 0: leaves a label without points" in caplog.text


def test_a_consensus_is_removed_from_every_run(small, written):
    consensus = small.class_train == 3
    found = plan_removals(small, written, [1, None, 1], seeds=[0, 1], consensus=consensus)
    chosen = [r for r in found if r.removed == "consensus"]
    assert [r.seed for r in chosen] == [0, 1] and all(np.array_equal(r.points, consensus) for r in chosen)


def test_the_stragglers_of_the_next_seed_that_has_some_are_removed_too(small, written):
    found = plan_removals(small, written, [1, None, 2], seeds=[0, 1, 2], other_seed=True)
    own = {r.seed: r for r in found if r.removed == "stragglers"}
    others = {r.seed: r for r in found if r.removed == "other_seed"}
    assert [*own] == [0, 2] and [*others] == [0, 1, 2]
    for seed, other in ((0, 2), (1, 2), (2, 0)):
        assert np.array_equal(others[seed].points, own[other].points)
        assert others[seed].removed_error == own[other].removed_error
    alone = plan_removals(small, written, [1, None, None], seeds=[0, 1, 2], other_seed=True)
    # A run is not another of itself, and the others have its.
    assert [r.seed for r in alone if r.removed == "other_seed"] == [1, 2]


def test_the_most_frequent_of_a_set_are_those_of_highest_rate():
    points = np.array([1, 0, 1, 1, 1, 0], bool)
    rate = np.array([0.2, 1.0, 0.9, 0.5, 0.5, 0.0])
    assert np.flatnonzero(most_frequent(points, rate, 0.25)).tolist() == [2]
    assert np.flatnonzero(most_frequent(points, rate, 0.5)).tolist() == [2, 3]
    assert np.array_equal(most_frequent(points, rate, 1), points)


def test_fractions_of_the_stragglers_are_removed_where_they_hold_a_point(small, written):
    found = plan_removals(small, written, [1, None, 2], fractions=[0.001, 0.5, 1.0])
    stragglers = next(r.points for r in found if r.removed == "stragglers")
    half, whole = (r for r in found if r.removed == "top_stragglers")
    assert half.seed == whole.seed == 0 and (half.draw, whole.draw) == (1, 2)
    assert np.array_equal(whole.points, stragglers)
    assert half.points.sum() == round(stragglers.sum() / 2) and not (half.points & ~stragglers).any()


def test_an_empty_consensus_is_not_removed(small, written):
    consensus = np.zeros(len(small.images_train), bool)
    found = plan_removals(small, written, [1, 1, 1], consensus=consensus)
    assert {r.removed for r in found} == {"none", "stragglers", "random", "uniform"}


def test_the_table_has_a_row_per_retraining_and_noise(small, trained):
    runs = seeds_table([4, 4]).assign(
        removed=["none", "stragglers"], n_removed=[0, 9], removed_fraction=[0, 9 / 103], removed_error=[np.nan, 0.1]
    )
    removed = np.zeros((2, 103), bool)
    removed[1, :9] = True
    trajectory = trained(small, Network(width=4), runs=runs, removed=removed, noise=(0.5, 2.0))
    table = ablation_table([trajectory], [inversion_rows([5, None], [4, 4])], Defining())
    assert list(table) == list(ABLATION)
    assert table["sigma"].tolist() == [0, 0, 0.5, 0.5, 2, 2]
    assert table["removed"].tolist() == ["none", "stragglers"] * 3
    assert table["inversion_found"].tolist() == [True, False] * 3
    assert table["test_error"].tolist() == [*trajectory.test_error[-1], *trajectory.noisy_test_error.ravel()]


def test_without_ablations_the_table_keeps_its_columns():
    table = ablation_table([], [], Defining())
    assert len(table) == 0 and list(table) == list(ABLATION)


def test_a_fraction_of_the_stragglers_is_the_most_frequent_of_them():
    points = np.array([True, True, False, True, True])
    rate = np.array([0.5, 1.0, 1.0, 0.9, 0.5])
    assert most_frequent(points, rate, 0.5).nonzero()[0].tolist() == [1, 3]
    # Ties go by index.
    assert most_frequent(points, rate, 0.75).nonzero()[0].tolist() == [0, 1, 3]
    assert (most_frequent(points, rate, 1.0) == points).all()
