"""When a training is long enough, held against curves whose turn is known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.geometry.decision import decided, is_over
from workflow.stragglers.geometry.inversion import LEAST_REACH, REACH, find_inversion
from workflow.stragglers.spec.specification import Defining, Detection

DETECTION = Detection()
LEAST = LEAST_REACH * DETECTION.smoothing


def rise_and_fall(epochs, turn):
    """t exp(1 - t / turn) / turn, whose maximum 1 is at ``turn``."""
    t = np.arange(epochs + 1) / turn
    return t * np.exp(1 - t)


@given(st.integers(10, 400), st.integers(50, 2000))
def test_a_turn_is_over_at_twice_its_epoch_and_the_least_stretch(turn, epochs):
    enough = max(REACH * turn, turn + LEAST)
    # The turn of a curve that is symmetric nowhere is found to an epoch.
    if abs(epochs - enough) > REACH:
        assert is_over(rise_and_fall(epochs, turn), "max", DETECTION) == (epochs > enough)


@given(st.integers(10, 400), st.floats(1, 4), st.floats(0, 0.002), st.integers(0, 9))
def test_what_is_decided_stays_as_it_is(turn, longer, noise, seed):
    enough = max(REACH * turn, turn + LEAST) + 5
    curve = rise_and_fall(int(longer * enough) + 1, turn)
    curve += noise * np.random.default_rng(seed).normal(size=len(curve))
    if is_over(curve[: enough + 1], "max", DETECTION):
        first = find_inversion(curve[: enough + 1], "max", DETECTION)
        assert is_over(curve, "max", DETECTION)
        assert find_inversion(curve, "max", DETECTION).epoch == first.epoch


def test_a_curve_that_only_rises_is_never_over():
    assert not is_over(1 - np.exp(-np.arange(5000) / 300), "max", DETECTION)


def products_of(distance):
    """Scalar products of two opposite centres that are ``distance`` (epochs + 1, runs) apart."""
    square = (distance / 2) ** 2
    return np.moveaxis(np.array([[square, -square], [-square, square]]), (0, 1), (-2, -1))[:, :, None]


@pytest.mark.parametrize(
    ("turns", "enough"), [((100, 150), True), ((100, 350), False), ((100, 1e9), False)], ids=["all", "late", "one not"]
)
@pytest.mark.parametrize("observable", ["D", "R", "R_plus"])
def test_all_runs_must_be_over(written, turns, enough, observable):
    distance = np.stack([rise_and_fall(500, turn) for turn in turns], axis=1)
    trajectory = written(np.zeros((501, 2, 3), bool), gram=products_of(distance))
    assert decided(trajectory, Defining(observable, layer=3), DETECTION) == enough


def test_runs_that_diverged_are_not_waited_for(written):
    distance = np.stack([rise_and_fall(500, turn) for turn in (100, 1e9)], axis=1)
    loss = np.ones((501, 2))
    loss[7:, 1] = np.nan
    trajectory = written(np.zeros((501, 2, 3), bool), gram=products_of(distance), loss=loss)
    assert decided(trajectory, Defining(), DETECTION)
