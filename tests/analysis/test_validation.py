"""Measures that hold this implementation against numbers from elsewhere, on made-up tables."""

import numpy as np
import pandas as pd
import pytest
from test_claims import ablations, evidence, inversions, measure

SEEDS = range(5)


def dynamics(network="reference", removed="none", **columns):
    """Two layers' rows of five runs over epochs 0 to 4."""
    rows = pd.DataFrame([(seed, layer, epoch) for seed in SEEDS for layer in (1, 2) for epoch in range(5)])
    rows.columns = ["seed", "layer", "epoch"]
    return rows.assign(dataset="d", network=network, optimizer="gd", removed=removed, **columns)


def test_each_observable_has_an_error_of_its_own():
    turns = pd.concat([inversions([0.09] * 5).assign(observable="R_minus"), inversions([0.1] * 5)])
    given = evidence(turns)
    assert measure("error_at_minus_radius", given).estimate.value == pytest.approx(0.09)
    assert measure("error_at_distance", given).estimate.value == pytest.approx(0.1)
    assert np.isnan(measure("error_at_plus_radius", given).estimate.value)


def test_final_errors_are_of_the_last_epoch_one_a_run():
    rows = dynamics(train_error=0.5, test_error=0.5)
    last = rows["epoch"] == 4
    rows.loc[last, "train_error"], rows.loc[last, "test_error"] = 0.02, 0.06
    given = evidence(dynamics=pd.concat([rows, rows.assign(removed="stragglers", test_error=0.1)]))
    for claim, value in (
        ("final_train_error", 0.02),
        ("final_test_error", 0.06),
        ("final_test_error_without_stragglers", 0.1),
    ):
        measured = measure(claim, given)
        assert (measured.estimate.value, measured.n_runs) == (pytest.approx(value), 5)


def test_a_radius_that_turns_does_not_fall():
    radii = pd.concat([inversions([None, 0.1, None]).assign(observable=name) for name in ("R_minus", "R_plus")])
    turns = pd.concat([radii, inversions([0.1] * 3)]).assign(removed="stragglers")
    measured = measure("radii_fall_without_stragglers", evidence(turns))
    assert (measured.estimate.value, measured.n_runs) == (pytest.approx(2 / 3), 3)


def test_noisy_errors_are_read_between_the_sets_that_were_removed():
    errors = {0.2: 0.17, 0.1: 0.14, 0.07: 0.15, 0.05: 0.12}
    rows = pd.concat(
        ablations("misclassified_at", [noisy] * 5, True, sigma=1.0, removed_error=error, optimizer="gd_fast")
        for error, noisy in errors.items()
    )
    given = evidence(ablation=rows)
    assert measure("noisy_error_without_180", given).estimate.value == pytest.approx(0.164)
    # None of that error was removed.
    assert np.isnan(measure("noisy_error_without_25", given).estimate.value)
    bump = (0.15 - 0.01 * 7 / 30) / (0.14 + 0.03 * 0.05)
    assert measure("removal_curve_has_a_bump", given).estimate.value == pytest.approx(bump)


def test_a_collapsed_network_has_the_closed_forms():
    error = 0.1
    rows = dynamics("linear_small", train_error=error, R_minus=0.6, R_plus=0.6, D=1.6).astype({"R_minus": float})
    # The first half of training is another matter.
    rows.loc[rows["epoch"] <= 2, ["R_minus", "D"]] = 1.0
    given = evidence(dynamics=rows)
    assert measure("collapsed_radius", given).estimate.value == pytest.approx(1)
    assert measure("collapsed_distance", given).estimate.value == pytest.approx(1)
    still = inversions([None, None, 0.1, None], network="linear_small")
    measured = measure("collapsed_network_keeps_still", evidence(network={"linear_small": still}))
    assert (measured.estimate.value, measured.n_runs) == (0.75, 4)
