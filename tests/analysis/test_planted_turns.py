import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.analysis.planted_turns import (
    DEPTHS,
    found_in_most,
    found_near,
    least_depth,
    place,
    planted_turn,
    rise,
)
from workflow.stragglers.spec.specification import Detection

DETECTION = Detection()
T = np.arange(401.0)
AT = 80
SATURATING = 1 + 0.5 * (1 - np.exp(-T / 60))
"""A curve without noise or turn."""
STEP = DEPTHS[1] / DEPTHS[0]


@given(st.integers(20, 200), st.floats(0, 0.5), st.sampled_from(["max", "min"]))
def test_a_planted_turn_falls_by_its_depth_until_twice_its_epoch_and_stays(at, depth, turn):
    sign = 1 if turn == "max" else -1
    curve = 5 + sign * SATURATING
    planted = planted_turn(curve, turn, at, depth)
    np.testing.assert_array_equal(planted[: at + 1], curve[: at + 1])
    fallen = sign * (curve[at] - planted[at:])
    # Half of it lies before the geometric mean of both epochs.
    half = at * (np.sqrt(2) - 1)
    assert np.interp(half, np.arange(len(fallen)), fallen) == pytest.approx(
        depth * abs(curve[at]) / 2, rel=1e-3, abs=1e-6
    )
    np.testing.assert_allclose(fallen[at:], depth * abs(curve[at]), atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_the_noise_of_a_curve_stays_as_it_is(seed):
    """Whatever is not monotone: of a curve that only falls after the turn, all of it."""
    noise = np.random.default_rng(seed).normal(0, 0.1, len(T))
    falling = SATURATING + np.where(T > AT, -(T - AT), 0) + noise
    np.testing.assert_allclose(planted_turn(falling, "max", AT, 0.0)[AT:].min(), falling.min(), atol=1)
    flat = planted_turn(SATURATING + 0.01 * noise, "max", AT, 0.0)[AT:]
    assert flat.std() == pytest.approx(0.01 * noise[AT:].std(), rel=0.4)


@pytest.mark.parametrize("turn", ["max", "min"])
def test_without_noise_the_least_depth_is_what_the_detector_requires_of_the_range(turn):
    """prominence × the range up to the turn, over the value there, to a step of the depths."""
    detection = Detection(prominence=0.02)
    curve = SATURATING if turn == "max" else 3 - SATURATING
    at_turn = curve[AT]
    required = 0.02 * np.ptp(SATURATING[: AT + 1]) / at_turn
    found = least_depth(curve, turn, AT, detection)
    assert required / 1.1 <= found <= required * STEP * 1.1


def test_with_white_noise_it_is_of_the_order_of_what_the_detector_requires_and_grows_with_the_noise():
    """At most twelve standard deviations of a running mean, σ / √w. As chance extrema of the noise add to a turn it may
    be less, by up to their usual range, three of these deviations on each side, and what the filter takes.
    """
    found = {}
    for sigma in (0.001, 0.004):
        curves = [SATURATING + np.random.default_rng(seed).normal(0, sigma, len(T)) for seed in range(20)]
        found[sigma] = np.median([least_depth(curve, "max", AT, DETECTION) for curve in curves])
        required = DETECTION.noise * sigma / np.sqrt(DETECTION.smoothing) / SATURATING[AT]
        assert required / 4 <= found[sigma] <= required
    assert 4 / STEP <= found[0.004] / found[0.001] <= 4 * STEP


def test_more_noise_hides_deeper_turns():
    noise = np.random.default_rng(0).normal(0, 1, len(T))
    depths = [least_depth(SATURATING + sigma * noise, "max", AT, DETECTION) for sigma in (1e-4, 1e-3, 1e-2)]
    assert depths == sorted(depths) and depths[0] < depths[2]


def test_what_never_rises_has_no_turn_of_any_depth():
    assert least_depth(2 - SATURATING, "max", AT, DETECTION) == np.inf
    assert rise(2 - SATURATING, "max", AT) < 0 or rise(2 - SATURATING, "max", AT) == 0
    assert rise(SATURATING, "max", AT) == pytest.approx(1 - 1 / SATURATING[AT])


def test_a_fall_of_its_own_that_a_curve_makes_up_for_later_tells_nothing_of_what_is_planted():
    dip = np.interp(T, [0, AT, 300, T[-1]], [1, 1.6, 1.4, 1.7])
    assert not found_near(dip, "max", AT, DETECTION) and np.isnan(least_depth(dip, "max", AT, DETECTION))


def test_a_turn_elsewhere_is_not_the_planted_one():
    early = np.interp(T, [0, 20, 400], [0, 1, 0])
    assert found_near(early, "max", 20, DETECTION) and not found_near(early, "max", 80, DETECTION)


def test_a_place_is_after_the_burn_in_and_before_half_of_the_training():
    error = 0.5 * np.exp(-T / 100)
    assert place(error, 0.3, DETECTION) == np.ceil(100 * np.log(5 / 3))
    assert place(error, 0.01, DETECTION) is None
    assert place(error, 0.05, DETECTION) is None, "later than half of the training"
    assert place(error, 0.5, DETECTION) is None, "within the burn-in"


def test_four_of_five_runs_are_most():
    assert found_in_most(np.array([3, 1, np.inf, 2, 5])) == 5
    assert found_in_most(np.array([3, 1, np.inf, np.inf, 5])) == np.inf
    assert found_in_most(np.arange(1, 11)) == 8
    assert np.isnan(found_in_most(np.array([]))) and found_in_most(np.array([1, np.nan, 2])) == 2
