import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.analysis.vanishing import distance_of_errors, group_errors, radius_of_error
from workflow.stragglers.geometry.manifolds import Manifolds, distance, radius

ADDRESS = {name: name for name in ("dataset", "source", "task", "subset", "network", "optimizer")}
COUNTS = st.integers(0, 20)


@given(COUNTS, COUNTS)
def test_the_closed_form_is_the_geometry_of_points_on_one_line(wrong_minus, wrong_plus):
    """Twenty points a group at u or -u, those misclassified on the other group's side."""
    errors = np.array([wrong_minus, wrong_plus]) / 20
    centres = np.array([-1, 1]) * (1 - 2 * errors)
    manifolds = Manifolds(np.outer(centres, centres), np.zeros(2))
    assert distance(manifolds, 0, 1) == pytest.approx(abs(distance_of_errors(errors)))
    for group in (0, 1):
        assert radius(manifolds, group) == pytest.approx(radius_of_error(errors[group]), abs=1e-7)


def test_errors_are_those_of_each_group(written):
    sets = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 1]]], bool)
    np.testing.assert_array_equal(group_errors(written(sets), np.array([0, 0, 1, 1])), [[[1.0, 0.0]], [[0.5, 0.5]]])
