"""Predictors of an inversion against what they must be, in closed form and by the package scikit-dimension."""

import numpy as np
import pytest
from conftest import synthetic

from workflow.stragglers.analysis.predictors import (
    fisher_ratio,
    mle_dimension,
    nearest_other,
    neighbours,
    predictors,
    two_nn_dimension,
)


@pytest.mark.parametrize("dimension", [1, 2.5, 12])
def test_ratios_at_the_quantiles_of_their_law_give_its_dimension(dimension):
    quantiles = np.arange(1, 1000) / 1000
    first = np.linspace(1, 3, 999)
    # The last ratio, of quantile 1, is infinite, and among the tenth that is left out.
    ratios = np.append((1 - quantiles) ** (-1 / dimension), 1e9)
    first = np.append(first, 1.0)
    assert two_nn_dimension(np.column_stack([first, first * ratios])) == pytest.approx(dimension, rel=1e-9)


@pytest.mark.parametrize("dimension", [1, 2.5, 12])
def test_likelihood_of_known_distances_gives_its_dimension(dimension):
    # log(T_3 / T_j) is 1.5/d and 0.5/d, of mean 1/d, whatever the scale of each point.
    scale = np.array([[1.0], [7.0], [0.1]])
    distances = scale * np.exp(-np.array([1.5, 0.5, 0.0]) / dimension)
    assert mle_dimension(distances) == pytest.approx(dimension)


@pytest.mark.parametrize(("dimension", "tolerance"), [(2, 0.05), (8, 0.1)])
def test_points_drawn_in_a_subspace_have_its_dimension(dimension, tolerance):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, dimension)) @ np.linalg.qr(rng.standard_normal((20, dimension)))[0].T
    distances = neighbours(x, 20)
    assert two_nn_dimension(distances) == pytest.approx(dimension, rel=tolerance)
    assert mle_dimension(distances) == pytest.approx(dimension, rel=tolerance)


def test_dimensions_are_those_of_scikit_dimension():
    skdim = pytest.importorskip("skdim", reason="pip install scikit-dimension to compare with it")
    x = np.random.default_rng(1).standard_normal((1000, 5))
    distances = neighbours(x, 20)
    assert two_nn_dimension(distances) == pytest.approx(skdim.id.TwoNN().fit(x).dimension_, rel=1e-6)
    assert mle_dimension(distances) == pytest.approx(skdim.id.MLE().fit(x, n_neighbors=20).dimension_, rel=1e-6)


def test_copies_of_points_are_left_out():
    x = np.random.default_rng(0).standard_normal((500, 3))
    twice = np.concatenate([x, x[:50]])
    for estimate in (two_nn_dimension, mle_dimension):
        assert np.isfinite(estimate(neighbours(twice, 5)))
        assert np.isnan(estimate(np.zeros((10, 3))))


def test_neighbours_are_not_the_point_itself():
    x = np.array([[0.0], [1.0], [3.0]])
    assert neighbours(x, 2).tolist() == [[1, 3], [1, 2], [2, 3]]
    assert neighbours(x, 1, np.array([[2.5]])).tolist() == [[0.5]]


def test_fisher_ratio_of_two_squares():
    # Corners of a square of variance 1 along each of two axes, the other one moved by (3, 4): 25 / (2 + 2).
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    x = np.concatenate([square, square + [3, 4]])
    assert fisher_ratio(x, np.repeat([True, False], 4)) == pytest.approx(25 / 4)


def test_nearest_of_the_other_group_on_a_line():
    # In four dimensions, along one of them: distances 2, 2 and 3, over √4.
    x = np.zeros((3, 4))
    x[:, 0] = [0, 2, 5]
    assert nearest_other(x, np.array([True, False, True])) == pytest.approx((2 + 2 + 3) / 3 / 2)


def test_predictors_of_a_task_are_finite_and_of_its_size():
    dataset = synthetic(n_train=200, shape=(3, 3))
    found = predictors(dataset)
    assert all(np.isfinite(value) for value in found.values())
    assert found["n_samples"] == 200 and found["flips"] == 0
    assert found["minority"] == pytest.approx(min((dataset.label_train > 0).mean(), (dataset.label_train < 0).mean()))
