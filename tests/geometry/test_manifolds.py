from itertools import combinations

import numpy as np
import pytest
import torch
from conftest import ADDRESS, synthetic
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data.datasets import features
from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import (
    INVERTING,
    D,
    Manifolds,
    R,
    distance,
    distances_of,
    dynamics,
    manifolds_table,
    mean_distance,
    mean_radius,
    radii_of,
    radius,
)
from workflow.stragglers.geometry.observables import OBSERVABLES, centre_angle
from workflow.stragglers.spec.specification import Detection, Network
from workflow.stragglers.support.columns import RUN
from workflow.stragglers.training.dense import Dense
from workflow.stragglers.training.engine import Data

X, Y = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def of(*centres, zeros=0.0):
    """Manifolds with these centres."""
    centres = np.array(centres, float)
    return Manifolds(centres @ centres.T, np.full(len(centres), zeros))


@given(st.integers(1, 40), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_products_of_centres_give_the_gyration_radius(n, d, seed):
    units = np.random.default_rng(seed).normal(size=(n, d))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    centre = units.mean(0)
    scatter = ((units - centre) ** 2).sum(1).mean()
    assert radius(of(centre), 0) ** 2 == pytest.approx(scatter, abs=1e-12)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_points_at_the_origin_count_as_such(n, n_zero, seed):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points = np.concatenate([points, np.zeros((n_zero, 3))])
    scatter = ((points - points.mean(0)) ** 2).sum(1).mean()
    assert radius(of(points.mean(0), zeros=n_zero / len(points)), 0) ** 2 == pytest.approx(scatter, abs=1e-12)


def test_a_point_has_radius_0_and_antipodes_have_radius_1():
    assert radius(of(X), 0) == 0
    assert radius(of(0 * X), 0) == 1
    assert radius(of(0.6 * X), 0) == pytest.approx(0.8)


def test_rounding_above_the_sphere_gives_radius_0_and_below_0_distance_0():
    assert radius(of([1.0000001, 0]), 0) == 0
    assert distance(Manifolds(np.array([[1, 1 + 1e-16], [1 + 1e-16, 1 - 1e-16]]), np.zeros(2)), 0, 1) == 0


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1))
def test_small_distances_of_centres_survive_their_products(seed, apart):
    centre, step = np.random.default_rng(seed).normal(size=(2, 20)) / 10
    other = centre + apart * step
    assert distance(of(centre, other), 0, 1) == pytest.approx(np.linalg.norm(other - centre), rel=1e-3, abs=1e-8)


def test_distance_and_angle_of_centres():
    for other, length, angle in ((Y, np.sqrt(2), np.pi / 2), (X, 0, 0), (-X, 2, np.pi)):
        assert distance(of(X, other), 0, 1) == pytest.approx(length)
        assert centre_angle(of(X, other)) == pytest.approx(angle)
    assert centre_angle(of(0.1 * X, 0.5 * (X + Y))) == pytest.approx(np.pi / 4)
    assert np.isnan(centre_angle(of(0 * X, Y)))


def test_means_are_over_groups_and_over_pairs():
    three = of(X, 0.6 * X, 0 * X)
    assert mean_radius(three) == pytest.approx(np.sqrt((0 + 0.64 + 1) / 3))
    assert mean_distance(three) == pytest.approx((0.4 + 1 + 0.6) / 3)
    assert centre_angle(of(X, Y, -X)) == pytest.approx(2 / 3 * np.pi)


@given(st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_observables_do_not_depend_on_rotation_or_on_which_group_is_which(n_groups, seed):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_groups, 6)) / 6
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    for observable in OBSERVABLES:
        if observable.of_two and n_groups > 2:
            continue
        turned = observable.of(of(*(centres @ rotation)))
        assert turned == pytest.approx(observable.of(of(*centres))), observable.name
        if not observable.of_two:
            assert observable.of(of(*rng.permutation(centres))) == pytest.approx(turned), observable.name


def test_radii_are_smallest_and_distance_is_largest_at_an_inversion():
    turns = {observable.name: observable.turn for observable in INVERTING}
    assert turns == {"R_minus": "min", "R_plus": "min", "R": "min", "D": "max"}
    assert {*INVERTING} <= {*OBSERVABLES}


def test_two_groups_have_the_papers_observables_and_more_have_one_a_group_and_pair():
    assert [each.name for each in radii_of(["even", "odd"])] == ["R_minus", "R_plus"]
    assert distances_of(["even", "odd"]) == (D,)
    groups = ["a", "b", "c"]
    assert [(each.name, each.class_a, each.class_b) for each in radii_of(groups)] == [("R", g, None) for g in groups]
    assert [(each.class_a, each.class_b) for each in distances_of(groups)] == [*combinations(groups, 2)]
    three = of(X, 0.6 * X, 0.5 * Y)
    assert [each.of(three) for each in radii_of(groups)] == [radius(three, group) for group in range(3)]
    assert [each.of(three) for each in distances_of(groups)] == [distance(three, *p) for p in combinations(range(3), 2)]


def test_dynamics_has_one_row_per_run_layer_and_epoch(small, trained):
    trajectory = trained(small, Network(width=6, depth=3), seeds=(3, 5), epochs=7)
    table = dynamics(trajectory, ADDRESS, OBSERVABLES)
    columns = [observable.column for observable in OBSERVABLES]
    assert list(table) == [*RUN, "epoch", "loss", "train_error", "test_error", *columns]
    assert len(table) == 2 * 2 * 8 and not table.duplicated(["seed", "layer", "epoch"]).any()
    assert set(table["layer"]) == {1, 2} and set(table["seed"]) == {3, 5}
    assert (table[[*ADDRESS]] == [*ADDRESS.values()]).all().all()
    row = table.query("seed == 5 and layer == 2 and epoch == 7").iloc[0]
    assert row["train_error"] == trajectory.train_error[7, 1] and row["layer_name"] == "2"
    gram = trajectory.gram[7, 1, 1]
    assert row["D"] == pytest.approx(np.sqrt(gram[0, 0] + gram[1, 1] - 2 * gram[0, 1]), rel=1e-6)
    assert row["R_minus"] == pytest.approx(np.sqrt(1 - gram[0, 0]), rel=1e-6)
    assert row["R_plus"] == pytest.approx(np.sqrt(1 - gram[1, 1]), rel=1e-6)
    assert row["R"] == pytest.approx(np.sqrt((row["R_minus"] ** 2 + row["R_plus"] ** 2) / 2), rel=1e-6)


def test_observables_of_two_groups_are_null_for_more(trained):
    trajectory = trained(synthetic(task="classes"), Network(width=6), epochs=3)
    table = dynamics(trajectory, ADDRESS)
    assert table[["R_minus", "R_plus"]].isna().all(axis=None) and table[["R", "D"]].notna().all(axis=None)
    assert set(inversions(table, Detection())["observable"]) == {"R", "D"}


@pytest.mark.parametrize("task", ["parity", "classes"])
def test_manifolds_are_every_radius_and_every_distance(trained, task):
    trajectory = trained(synthetic(task=task), Network(width=6, depth=3), seeds=(3, 5), epochs=4)
    table = manifolds_table(trajectory, ADDRESS)
    n_groups = len(trajectory.groups)
    assert len(table) == 2 * 2 * 4 * (n_groups + n_groups * (n_groups - 1) // 2)
    at = table.query("seed == 5 and layer == 2 and epoch == 3")
    assert (at["train_error"] == trajectory.train_error[3, 1]).all()
    manifolds = Manifolds(trajectory.gram[3, 1, 1], trajectory.zeros[3, 1, 1])
    radii = at[at["class_b"].isna()].set_index("class_a")["value"]
    assert radii.to_dict() == pytest.approx({g: radius(manifolds, k) for k, g in enumerate(trajectory.groups)})
    pairs = at.dropna(subset="class_b").set_index(["class_a", "class_b"])["value"]
    places = {name: place for place, name in enumerate(trajectory.groups)}
    expected = {(a, b): distance(manifolds, places[a], places[b]) for a, b in combinations(trajectory.groups, 2)}
    assert pairs.to_dict() == pytest.approx(expected)
    mean = dynamics(trajectory, ADDRESS).query("seed == 5 and layer == 2 and epoch == 3").iloc[0]
    assert mean["D"] == pytest.approx(pairs.mean(), rel=1e-6)
    assert mean[R.column] == pytest.approx(np.sqrt((radii**2).mean()), rel=1e-6)


def test_radii_of_a_network_with_dead_units_are_those_of_its_points(small, trained):
    network = Network(width=2, activation="relu")
    trajectory = trained(small, network, seeds=range(6), epochs=3)
    assert (trajectory.zeros > 0).any(), "no dead representation: the test tests nothing"
    table = dynamics(trajectory, ADDRESS)
    data = Data.of(small, Dense.view(small), "float32", torch.device("cpu"))
    assert data.x.shape[1] == features(small)[0].shape[1] + 1
    (hidden,) = Dense(network, data, range(6)).forward(data.x).hidden
    for run, h in enumerate(hidden.double().numpy()):  # noqa: B007 - named in the query
        points = np.divide(h, np.linalg.norm(h, axis=0), out=np.zeros_like(h), where=np.linalg.norm(h, axis=0) > 0).T
        for name, group in (("R_minus", 0), ("R_plus", 1)):
            members = points[group_index(small.label_train) == group]
            scatter = ((members - members.mean(0)) ** 2).sum(1).mean()
            measured = table.query("run == @run and epoch == 0")[name].iloc[0]
            assert measured == pytest.approx(np.sqrt(scatter), abs=1e-5)
