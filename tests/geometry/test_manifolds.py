import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data.datasets import features
from workflow.stragglers.geometry.manifolds import (
    INVERTING,
    TURNS,
    Manifold,
    centre_distance,
    dynamics,
    gyration_radius,
)
from workflow.stragglers.geometry.observables import OBSERVABLES, centre_angle
from workflow.stragglers.spec.specification import Network
from workflow.stragglers.training.networks import forward, initial_parameters
from workflow.stragglers.training.trajectory import RUN

X, Y = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def radius(centre, zeros=0.0):
    return gyration_radius(Manifold(centre, zeros))


@given(st.integers(1, 40), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_centres_alone_give_the_gyration_radius(n, d, seed):
    units = np.random.default_rng(seed).normal(size=(n, d))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    centre = units.mean(0)
    scatter = ((units - centre) ** 2).sum(1).mean()
    assert radius(centre) ** 2 == pytest.approx(scatter, abs=1e-12)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_points_at_the_origin_count_as_such(n, n_zero, seed):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points = np.concatenate([points, np.zeros((n_zero, 3))])
    scatter = ((points - points.mean(0)) ** 2).sum(1).mean()
    assert radius(points.mean(0), n_zero / len(points)) ** 2 == pytest.approx(scatter, abs=1e-12)


def test_a_point_has_radius_0_and_antipodes_have_radius_1():
    assert radius(X) == 0
    assert radius(0 * X) == 1
    assert radius(0.6 * X) == pytest.approx(0.8)


def test_rounding_above_the_sphere_gives_radius_0():
    assert radius(np.float32([1.0000001, 0])) == 0


def test_distance_and_angle_of_centres():
    for other, distance, angle in ((Y, np.sqrt(2), np.pi / 2), (X, 0, 0), (-X, 2, np.pi)):
        assert centre_distance(Manifold(X), Manifold(other)) == pytest.approx(distance)
        assert centre_angle(Manifold(X), Manifold(other)) == pytest.approx(angle)
    assert centre_angle(Manifold(0.1 * X), Manifold(0.5 * (X + Y))) == pytest.approx(np.pi / 4)
    assert np.isnan(centre_angle(Manifold(0 * X), Manifold(Y)))


@given(st.integers(0, 2**32 - 1))
def test_observables_do_not_depend_on_rotation_or_on_which_label_is_which(seed):
    rng = np.random.default_rng(seed)
    minus, plus = map(Manifold, rng.normal(size=(2, 4)) / 4)
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    for name, observable in OBSERVABLES.items():
        turned = observable(Manifold(minus.centre @ rotation), Manifold(plus.centre @ rotation))
        assert turned == pytest.approx(observable(minus, plus)), name
    assert OBSERVABLES["R_minus"](minus, plus) == OBSERVABLES["R_plus"](plus, minus)
    assert OBSERVABLES["D"](minus, plus) == pytest.approx(OBSERVABLES["D"](plus, minus))


def test_radii_are_smallest_and_distance_is_largest_at_an_inversion():
    assert TURNS == {"R_minus": "min", "R_plus": "min", "D": "max"}
    assert set(TURNS) == set(INVERTING) <= set(OBSERVABLES)


def test_dynamics_has_one_row_per_run_layer_and_epoch(small, trained):
    trajectory = trained(small, Network(width=6, depth=3), seeds=(3, 5), epochs=7)
    table = dynamics(trajectory, OBSERVABLES)
    assert list(table) == [*RUN, "epoch", "loss", "train_error", "test_error", *OBSERVABLES]
    assert len(table) == 2 * 2 * 8 and not table.duplicated(["seed", "layer", "epoch"]).any()
    assert set(table["layer"]) == {1, 2} and set(table["seed"]) == {3, 5}
    row = table.query("seed == 5 and layer == 2 and epoch == 7").iloc[0]
    assert row["train_error"] == trajectory.train_error[7, 1]
    minus, plus = trajectory.centres[7, 1, :, 6:]
    assert row["D"] == pytest.approx(np.linalg.norm(plus - minus), rel=1e-6)
    assert row["R_minus"] == pytest.approx(np.sqrt(1 - minus @ minus), rel=1e-6)
    assert row["R_plus"] == pytest.approx(np.sqrt(1 - plus @ plus), rel=1e-6)


def test_radii_of_a_network_with_dead_units_are_those_of_its_points(small, trained):
    network = Network(width=2, activation="relu")
    trajectory = trained(small, network, seeds=range(6), epochs=3)
    train, _, varying = features(small)
    assert (trajectory.zeros > 0).any(), "no dead representation: the test tests nothing"
    table = dynamics(trajectory)
    x = torch.as_tensor(np.c_[train, np.ones(len(train))], dtype=torch.float32)
    parameters = initial_parameters(network, len(varying), torch.as_tensor(varying), range(6))
    (hidden,), _ = forward(network, parameters, x)
    for run, h in enumerate(hidden.double().numpy()):  # noqa: B007 - named in the query
        points = np.divide(h, np.linalg.norm(h, axis=0), out=np.zeros_like(h), where=np.linalg.norm(h, axis=0) > 0).T
        for name, label in (("R_minus", -1), ("R_plus", 1)):
            of_class = points[small.label_train == label]
            scatter = ((of_class - of_class.mean(0)) ** 2).sum(1).mean()
            measured = table.query("run == @run and epoch == 0")[name].iloc[0]
            assert measured == pytest.approx(np.sqrt(scatter), abs=1e-5)
