"""Which points stand for the stragglers, and what of a vector is shown."""

import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.data.own import Origins
from workflow.stragglers.sets.exemplars import choose_exemplars, quantiles


@pytest.fixture
def vectors():
    """Forty points of two classes in three features, of which the second tells the stragglers, 0 and 1."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[:2, 1] = 9, 8
    classes = np.repeat([0, 1], 20).astype(np.int16)
    rates = pd.DataFrame({"sample_id": np.arange(40), "straggler_rate": np.where(np.arange(40) < 2, 1.0, 0.0)})
    return x, classes, rates


def dataset_of(x, classes):
    from workflow.stragglers.data.datasets import Dataset

    label = np.where(classes > 0, 1, -1).astype(np.int8)
    return Dataset(x, x[:2], classes, classes[:2], label, label[:2], np.arange(len(x)))


def test_vectors_are_named_features_the_most_telling_first(vectors):
    x, classes, rates = vectors
    origins = Origins(
        kind="row",
        train=np.arange(40).astype(str),
        test=np.array([], str),
        class_number=np.array([0, 1]),
        class_name=np.array(["no", "yes"]),
        feature=np.array(["width", "height", "depth"]),
    )
    shown = choose_exemplars(rates, dataset_of(x, classes), origins)
    assert shown.features[0] == "height" and {*shown.features} == {"width", "height", "depth"}
    assert {*shown.classes} == {"no"} and shown.of("straggler").sample_id.tolist() == [0, 1]
    assert shown.of("straggler").images[:, 0].tolist() == [9, 8]
    assert shown.of("straggler").quantiles[0, 0] == pytest.approx(39.5 / 40)
    assert len(shown.of("straggler", 1).kind) == 1 and len(shown.of("straggler", 1).features) == 3


def test_features_without_names_have_numbers(vectors):
    x, classes, rates = vectors
    assert choose_exemplars(rates, dataset_of(x, classes)).features[0] == "feature 1"


def test_a_quantile_counts_half_of_equal_values():
    assert quantiles(np.array([[1.0], [1.0], [2.0], [3.0]]), np.array([0, 3])).ravel().tolist() == [0.25, 0.875]
