"""Claims on planted data, whose answer is known in closed form."""

import numpy as np
import pandas as pd

from ..support.intervals import LEAST_RUNS, MISSING, Estimate
from .evidence import Evidence
from .measured import NOTHING, Measured, measures
from .removal import error_ratio


def planted_row(evidence: Evidence) -> pd.Series | None:
    """The dataset's row of the ``planted`` table, if any of its runs inverted."""
    rows = evidence.rows("planted").query("n_inverted > 0")
    return None if rows.empty else rows.iloc[0]


def planted_error(evidence: Evidence) -> Measured:
    """Mean ε* over the closed form."""
    row = planted_row(evidence)
    if row is None:
        return NOTHING
    measured = np.array([row["error"], row["ci_low"], row["ci_high"]]) / row["closed_form"]
    return Measured(Estimate(*measured), int(row["n_inverted"]))


def planted_recall(evidence: Evidence) -> Measured:
    """Recall of the planted points over the closed form's: one number of one set, taken as exact."""
    row = planted_row(evidence)
    if row is None or not row["n_planted"]:
        return NOTHING
    ratio = row["recall"] / row["recall_closed_form"]
    enough = row["n_inverted"] >= LEAST_RUNS
    return Measured(Estimate(ratio, ratio, ratio) if enough else MISSING._replace(value=ratio), int(row["n_inverted"]))


def removal_lowers_test_error(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "stragglers", "none", 0)


MEASURES = measures(planted_error, planted_recall, on=("planted",)) | measures(
    removal_lowers_test_error, on=("ablation",)
)
