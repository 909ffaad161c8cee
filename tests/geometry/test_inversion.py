import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from workflow.stragglers.geometry.inversion import defining_inversions, find_inversion, inversions
from workflow.stragglers.geometry.manifolds import INVERTING, distances_of, radii_of
from workflow.stragglers.spec.specification import Defining, Detection

DETECTION = Detection()
N = 500
T = np.arange(N + 1.0)
MONOTONE = {
    "saturating": 1 - np.exp(-T / 50),
    "saturating early": 1 - np.exp(-T / 10),
    "logarithmic": np.log1p(T) / np.log1p(N),
    "linear": T / N,
    "power law": 1 - (T + 1) ** -0.5,
    "constant": np.full(N + 1, 0.3),
}


def v_shape(epochs, turn, before, after, power=2):
    """Falls to 0 at ``turn`` and rises again, with slopes of its own on each side, in logarithmic time."""
    u = np.log((np.arange(epochs + 1.0) + 1) / (turn + 1))
    return np.where(u < 0, before, after) * np.abs(u) ** power


def epoch_of(curve, turn="min", detection=DETECTION):
    return find_inversion(curve, turn, detection).epoch


# Clean curves


@given(
    st.integers(60, 2000),
    st.floats(0.25, 4),
    st.floats(0.25, 4),
    st.sampled_from([1, 2]),
    st.sampled_from(["min", "max"]),
    st.data(),
)
def test_the_epoch_is_right_on_clean_curves(epochs, before, after, power, turn, data):
    at = data.draw(st.integers(15, epochs // 3))
    curve = v_shape(epochs, at, before, after, power)
    # Averaging the alternation out moves a kink between unlike slopes by one epoch.
    assert abs(epoch_of(curve if turn == "min" else -curve, turn) - at) <= 1


@given(st.integers(6, 180), st.integers(400, 800), st.floats(0.3, 3), st.floats(0.3, 3), st.integers(0, 2**32 - 1))
def test_what_is_found_does_not_depend_on_the_length_of_training(at, epochs, before, after, seed):
    curve = v_shape(4 * epochs, at, before, after) + np.random.default_rng(seed).normal(0, 0.01, 4 * epochs + 1)
    found = [epoch_of(curve[: stop + 1]) for stop in (epochs, 2 * epochs, 4 * epochs)]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("at", [3, 5, 7, 10, 20])
def test_an_early_turn_is_found_with_its_foot_in_the_burn_in(at):
    curve = np.interp(T, [0, at, 4 * at, N], [0, 0.6, 0.4, 0.35])
    assert abs(epoch_of(curve, "max") - at) <= 1


def test_a_turn_within_the_burn_in_is_none():
    assert epoch_of(np.exp(-np.abs(T - 1)), "max") is None


@given(st.integers(20, 150), st.floats(-3, 3), st.floats(1e-3, 1e3))
def test_the_epoch_does_not_depend_on_offset_and_scale(at, offset, scale):
    assert epoch_of(offset + scale * v_shape(N, at, 1, 1)) == at


def test_a_minimum_is_no_maximum():
    curve = v_shape(N, 60, 1, 1)
    assert epoch_of(curve, "min") == 60 and epoch_of(curve, "max") is None


def test_a_flat_bottom_turns_inside_itself():
    curve = np.clip(v_shape(N, 99, 1, 1, power=1) - np.log(1.1), 0, None)
    assert 89 <= epoch_of(curve) <= 110


def test_a_burn_in_bump_is_ignored():
    curve = v_shape(N, 60, 1, 1)
    curve[3] = -100
    assert epoch_of(curve, detection=Detection(burn_in=3)) == 60
    assert epoch_of(curve, detection=Detection(burn_in=0)) == 3


def test_a_bump_that_the_curve_later_exceeds_is_none():
    # D dips on its way up: its maximum is at the end.
    curve = np.interp(T, [0, 40, 150, N], [0, 0.5, 0.2, 0.9])
    assert epoch_of(curve, "max") is None


def test_a_turn_is_seen_through_an_alternation_from_epoch_to_epoch():
    # As of full-batch descent near its largest stable step; the running mean of five would keep a fifth of it.
    curve = np.interp(T, [0, 40, N], [0, 0.5, 0.3])
    alternation = 0.1 * (-1.0) ** T
    assert abs(epoch_of(curve + alternation, "max") - 40) <= 1
    assert epoch_of(np.interp(T, [0, N], [0, 0.5]) + alternation, "max") is None


def test_an_alternation_that_sets_in_after_the_turn_does_not_move_it():
    curve = np.interp(T, [0, 40, N], [0, 0.5, 0.3])
    growing = 0.05 * (-1.0) ** T * np.clip((T - 40) / 100, 0, 1)
    assert abs(epoch_of(curve + growing, "max") - 40) <= 1


def test_of_two_bumps_about_as_high_none_is_the_inversion():
    first, second = (0.2 * np.exp(-(((T - at) / 15) ** 2)) for at in (60, 140))
    rise = np.minimum(T / 15, 0.5)
    assert abs(epoch_of(rise + first, "max") - 60) <= 1
    assert epoch_of(rise + first + second, "max") is None


def test_noise_that_sets_in_with_the_turn_counts():
    # In most of the curve there is none.
    curve = np.interp(T, [0, 350, N], [0, 0.5, 0.3])
    assert abs(epoch_of(curve, "max") - 350) <= 1
    noisy = curve + np.where(T > 350, 0.08, 0) * np.random.default_rng(0).normal(size=N + 1)
    assert epoch_of(noisy, "max") is None


def test_of_two_turns_the_more_prominent_counts():
    curve = np.interp(T, [0, 40, 80, 200, N], [0, 0.5, 0.4, 0.9, 0.1])
    assert epoch_of(curve, "max") == 200


def test_a_turn_as_high_as_required_is_none():
    rise_and_fall = np.interp(T, [0, 250, N], [0, 1, 0.5])
    found = find_inversion(rise_and_fall, "max", Detection(noise=0))
    height, spread = found.prominence, found.required / DETECTION.prominence
    assert epoch_of(rise_and_fall, "max", Detection(noise=0, prominence=0.999 * height / spread)) == 250
    assert epoch_of(rise_and_fall, "max", Detection(noise=0, prominence=1.001 * height / spread)) is None


# No inversion


@pytest.mark.parametrize("name", MONOTONE)
@pytest.mark.parametrize("turn", ["min", "max"])
def test_clean_monotone_curves_have_none(name, turn):
    assert epoch_of(MONOTONE[name], turn) is None
    assert epoch_of(-MONOTONE[name], turn) is None
    assert epoch_of(MONOTONE[name].astype(np.float32), turn) is None


def false_positives(curve, noise, trials=200):
    return sum(epoch_of(curve + noise(rng), "max") is not None for rng in map(np.random.default_rng, range(trials)))


@pytest.mark.parametrize("name", MONOTONE)
@pytest.mark.parametrize("sd", [1e-6, 0.01, 0.1])
def test_white_noise_on_a_monotone_curve_is_no_inversion(name, sd):
    assert false_positives(MONOTONE[name], lambda rng: rng.normal(0, sd, N + 1)) <= 1


def test_white_noise_on_long_curves_is_no_inversion():
    assert false_positives(np.zeros(5001), lambda rng: rng.normal(size=5001), trials=100) <= 1


def slow_noise(rng, epochs, memory):
    """First-order autoregressive noise of unit variance (epochs + 1,)."""
    drawn = rng.normal(size=epochs + 501) * np.sqrt(1 - memory**2)
    return lfilter([1], [1, -memory], drawn)[500:]


@pytest.mark.parametrize(("epochs", "trials"), [(500, 100), (2000, 100), (20_000, 20)])
@pytest.mark.parametrize("memory", [0.7, 0.9, 0.97])
def test_noise_with_a_memory_is_seldom_an_inversion(epochs, trials, memory):
    curve = 1 - np.exp(-np.arange(epochs + 1) / 50)
    assert false_positives(curve, lambda rng: 0.01 * slow_noise(rng, epochs, memory), trials) <= 0.05 * trials


@pytest.mark.parametrize(("epochs", "trials"), [(500, 100), (2000, 100), (20_000, 20)])
@pytest.mark.parametrize("period", [10, 50, 100, 250])
def test_a_slow_oscillation_about_a_monotone_curve_is_seldom_an_inversion(epochs, trials, period):
    t = np.arange(epochs + 1)

    def oscillation(rng):
        return 0.01 * np.sin(2 * np.pi * (t / period + rng.random())) + rng.normal(0, 0.0005, epochs + 1)

    assert false_positives(1 - np.exp(-t / 50), oscillation, trials) <= 0.05 * trials


def test_an_oscillation_about_a_monotone_curve_is_no_inversion():
    assert epoch_of(MONOTONE["saturating"] + 0.05 * (-1) ** T, "max") is None


@pytest.mark.parametrize("epochs", [0, 1, 4, 5, 6, 10, 18])
def test_curves_barely_longer_than_the_burn_in_have_none(epochs):
    assert epoch_of(np.abs(np.arange(epochs + 1.0) - 9)) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_curves_that_are_not_finite_have_none(bad):
    curve = v_shape(N, 60, 1, 1)
    curve[400] = bad
    assert epoch_of(curve) is None
    assert epoch_of(np.full(N + 1, np.nan)) is None


def test_an_extremum_at_the_end_is_none():
    assert epoch_of(v_shape(N, N, 1, 1)) is None
    # A plateau that lasts to the end, too.
    assert epoch_of(np.minimum(T / 200, 1), "max") is None


def test_a_rebound_within_the_noise_is_none():
    rng = np.random.default_rng(0)
    turned = np.interp(T, [0, 250, N], [0, 1, 0.97])
    assert abs(epoch_of(turned, "max") - 250) <= 1
    assert epoch_of(turned + rng.normal(0, 0.05, N + 1), "max") is None


# Noisy inversions


@pytest.mark.parametrize("sd", [0.001, 0.01])
def test_with_noise_the_epoch_is_off_by_a_few(sd):
    curve = np.interp(T, [0, 60, N], [1, 0, 1])
    found = [epoch_of(curve + np.random.default_rng(seed).normal(0, sd, N + 1)) for seed in range(50)]
    # Noise of 0.01 outweighs a slope of 1/440 an epoch over about ten epochs.
    assert None not in found and max(abs(epoch - 60) for epoch in found) <= 1200 * sd


# Tables


def dynamics_of(curves, layer=1, seed=3, run=0):
    """A dynamics table of one run with the given curves, tested every 10 epochs."""
    epochs = np.arange(len(curves["D"]))
    return pd.DataFrame(
        {
            **ADDRESS,
            "layer": layer,
            "layer_name": str(layer),
            "run": run,
            "seed": seed,
            "removed": "none",
            "draw": 0,
            "epoch": epochs,
            "loss": 1.0,
            "train_error": 1 / (epochs + 1),
            "test_error": np.where(epochs % 10 == 0, epochs / 1000, np.nan),
            # Absent ones are as those of two groups are for more.
            **{"R_minus": np.nan, "R_plus": np.nan, "R": curves["D"][0] + 0 * epochs, **curves},
        }
    )


def test_the_table_has_a_row_per_observable_with_the_error_there():
    valley, slope = v_shape(N, 43, 1, 1), T / N
    table = inversions(dynamics_of({"R_minus": valley, "R_plus": slope, "D": 1 - valley}), DETECTION)
    assert table["observable"].tolist() == ["R_minus", "R_plus", "R", "D"]
    assert table["found"].tolist() == [True, False, False, True]
    assert table["epoch"].tolist() == [43, pd.NA, pd.NA, 43]
    first = table.iloc[0]
    assert first["train_error"] == pytest.approx(1 / 44) and first["value"] == 0
    # Measured at 40 and 50; 40 is nearer.
    assert first["test_error"] == pytest.approx(0.040)
    assert table.loc[1, ["train_error", "test_error", "value"]].isna().all()
    assert table["diverged_at"].isna().all()


def test_a_group_and_a_pair_have_inversions_of_their_own():
    groups = ["a", "b", "c"]
    curves = {each.column: v_shape(N, 30 + 5 * n, 1, 1) for n, each in enumerate(radii_of(groups))}
    curves |= {each.column: 1 - v_shape(N, 60 + 5 * n, 1, 1) for n, each in enumerate(distances_of(groups))}
    valley = v_shape(N, 20, 1, 1)
    rows = dynamics_of({"R": valley, "D": 1 - valley, **curves})
    table = inversions(rows, DETECTION, [*INVERTING, *radii_of(groups), *distances_of(groups)])
    about = table[["observable", "class_a", "class_b"]].fillna("").agg(" ".join, axis=1)
    expected = ["R  ", "D  ", "R a ", "R b ", "R c ", "D a b", "D a c", "D b c"]
    assert about.tolist() == expected
    assert table["epoch"].tolist() == [20, 20, 30, 35, 40, 60, 65, 70]
    assert defining_inversions(table, Defining("D"))["epoch"].tolist() == [20]
    assert defining_inversions(table, Defining(), radii_of(groups)[1])["epoch"].tolist() == [35]


def test_a_run_that_diverged_says_when_and_has_no_inversion():
    valley = v_shape(N, 43, 1, 1)
    rows = dynamics_of({"R_minus": valley, "R_plus": valley, "D": 1 - valley})
    # Representations may stay finite a while longer than the loss.
    rows.loc[60:, "loss"] = np.inf
    table = inversions(rows, DETECTION)
    assert table["diverged_at"].tolist() == [60] * 4
    assert not table["found"].any()


def test_each_run_and_layer_has_its_own_inversion():
    parts = [
        dynamics_of(dict.fromkeys(("R_minus", "R_plus", "D"), v_shape(N, 20 * run + 10 * layer, 1, 1)), layer, run, run)
        for run in (1, 2)
        for layer in (1, 2)
    ]
    table = inversions(pd.concat(parts), DETECTION).query("observable == 'R_minus'")
    assert table["epoch"].tolist() == [30, 40, 50, 60]


@pytest.mark.parametrize(("layer", "chosen"), [(1, 1), (2, 2), (5, 2)])
def test_a_defining_layer_beyond_the_last_is_the_last(layer, chosen):
    table = pd.concat(
        inversions(dynamics_of(dict.fromkeys(("R_minus", "R_plus", "D"), T), n), DETECTION) for n in (1, 2)
    )
    rows = defining_inversions(table, Defining("R_plus", layer))
    assert rows["observable"].tolist() == ["R_plus"] and rows["layer"].tolist() == [chosen]
