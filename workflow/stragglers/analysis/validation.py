"""Claims that hold this implementation against numbers from elsewhere: the authors' notebook's, and closed forms."""

from functools import partial

import numpy as np
import pandas as pd

from ..support.intervals import jackknife, share
from ..tables.rows import mean_interval, rows_of
from .evidence import Evidence
from .measured import NOTHING, Measure, Measured, inverted_errors, measures
from .vanishing import distance_of_errors, radius_of_error

FAST = "gd_fast"
"""Optimiser of the notebook's removals of S(t), whose learning rate is twice that of its other runs."""
COLLAPSED = "linear_small"
"""Network whose unit representations collapse to two points."""


def error_at(evidence: Evidence, observable: str) -> Measured:
    """Mean ε* of the reference in one observable."""
    errors = inverted_errors(evidence.inversions(observable))
    return Measured(jackknife([errors], np.mean), len(errors))


def error_at_minus_radius(evidence: Evidence) -> Measured:
    return error_at(evidence, "R_minus")


def error_at_plus_radius(evidence: Evidence) -> Measured:
    return error_at(evidence, "R_plus")


def error_at_distance(evidence: Evidence) -> Measured:
    return error_at(evidence, "D")


def at_the_end(evidence: Evidence, column: str, removed: str) -> Measured:
    """Mean of a column of ``dynamics`` at the last epoch."""
    rows = evidence.rows("dynamics")
    rows = rows[(rows["removed"] == removed) & (rows["epoch"] == rows["epoch"].max())]
    # A run has a row a layer.
    values = rows.groupby("seed")[column].first().dropna()
    return Measured(mean_interval(values), len(values))


def final_train_error(evidence: Evidence) -> Measured:
    return at_the_end(evidence, "train_error", "none")


def final_test_error(evidence: Evidence) -> Measured:
    return at_the_end(evidence, "test_error", "none")


def final_test_error_without_stragglers(evidence: Evidence) -> Measured:
    return at_the_end(evidence, "test_error", "stragglers")


def radii_fall_without_stragglers(evidence: Evidence) -> Measured:
    """Share of retrained runs in which neither radius has an inversion."""
    rows = evidence.rows("inversion")
    rows = rows[(rows["removed"] == "stragglers") & rows["observable"].isin(["R_minus", "R_plus"])]
    found = rows.groupby("seed")["found"].any()
    return Measured(share(int((~found).sum()), len(found)), len(found))


def removal_curves(evidence: Evidence) -> list[pd.DataFrame]:
    """One a run: its noisy test error without S(t), rows ordered by the error ε(t) of what was removed."""
    rows = rows_of(evidence.rows("ablation", optimizer=FAST), {"removed": "misclassified_at", "sigma": 1.0})
    return [of_run.sort_values("removed_error") for _, of_run in rows.groupby("seed")]


def without(curve: pd.DataFrame, removed_error: float) -> float:
    """Noisy test error without the S(t) of that error, between those that were removed; NaN outside of them."""
    return np.interp(removed_error, curve["removed_error"], curve["test_error"], left=np.nan, right=np.nan)


def noisy_error_without(evidence: Evidence, removed_error: float) -> Measured:
    values = np.array([without(curve, removed_error) for curve in removal_curves(evidence)])
    values = values[np.isfinite(values)]
    return Measured(mean_interval(values), len(values)) if len(values) else NOTHING


def removal_curve_has_a_bump(evidence: Evidence) -> Measured:
    """Noisy test error without the S(t) a little after the inversion, over that without one before it."""
    values = np.array([without(curve, 0.077) / without(curve, 0.105) for curve in removal_curves(evidence)])
    values = values[np.isfinite(values)]
    return Measured(mean_interval(values), len(values)) if len(values) else NOTHING


def collapsed(evidence: Evidence) -> pd.DataFrame:
    """Mean over the second half of training of ε, R (root mean square) and D, a row a run of the collapsed network."""
    rows = evidence.rows("dynamics", network=COLLAPSED)
    late = rows[rows["epoch"] > rows["epoch"].max() / 2]
    radius = np.sqrt((late["R_minus"] ** 2 + late["R_plus"] ** 2) / 2)
    return late.assign(R=radius).groupby("seed")[["train_error", "R", "D"]].mean()


def collapsed_radius(evidence: Evidence) -> Measured:
    """Radius over the closed form, of classes of like errors."""
    runs = collapsed(evidence)
    ratio = runs["R"] / radius_of_error(runs["train_error"])
    return Measured(mean_interval(ratio), len(runs))


def collapsed_distance(evidence: Evidence) -> Measured:
    """Distance over the closed form, of classes of like size."""
    runs = collapsed(evidence)
    errors = runs[["train_error", "train_error"]].to_numpy()
    return Measured(mean_interval(runs["D"] / distance_of_errors(errors)), len(runs))


def collapsed_network_keeps_still(evidence: Evidence) -> Measured:
    found = evidence.inversions(network=COLLAPSED)["found"]
    return Measured(share(int((~found).sum()), len(found)), len(found))


MEASURES = {
    **measures(error_at_minus_radius, error_at_plus_radius, error_at_distance, on=("inversion",)),
    **measures(final_train_error, final_test_error, final_test_error_without_stragglers, on=("dynamics",)),
    **measures(radii_fall_without_stragglers, on=("inversion",)),
    **{
        f"noisy_error_without_{1000 * error:.0f}": Measure(
            partial(noisy_error_without, removed_error=error), ("ablation",)
        )
        for error in (0.18, 0.105, 0.077, 0.025)
    },
    **measures(removal_curve_has_a_bump, on=("ablation",)),
    **measures(collapsed_radius, collapsed_distance, on=("dynamics",)),
    **measures(collapsed_network_keeps_still, on=("inversion",)),
}
