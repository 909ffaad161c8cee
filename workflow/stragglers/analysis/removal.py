"""Claims about training without some points: whether the inversion stays, and the test error."""

import numpy as np
import pandas as pd

from ..support.intervals import (
    Estimate,
    jackknife,
    share,
)
from ..tables.rows import mean_interval
from .evidence import Evidence
from .measured import NOTHING, Measured, diverged, measures


def retrained(evidence: Evidence, removed: str) -> tuple[pd.DataFrame, str]:
    """One row of ``ablation`` a run retrained without ``removed`` points, and what is left out: those that diverged."""
    rows = evidence.ablation
    rows = rows[(rows["removed"] == removed) & (rows["sigma"] == 0)]
    return rows[rows["diverged_at"].isna()], diverged({removed: rows})


def without_inversion(evidence: Evidence, removed: str) -> Measured:
    """Share of the runs retrained without ``removed`` points that have no inversion."""
    rows, note = retrained(evidence, removed)
    found = rows["inversion_found"].astype(bool)
    return Measured(share(int((~found).sum()), len(found)), len(found), note)


def every_draw_inverts(evidence: Evidence, removed: str) -> Measured:
    """Share of the seeds whose retrainings without ``removed`` points, draw by draw, all invert."""
    rows, note = retrained(evidence, removed)
    found = rows.groupby("seed")["inversion_found"].all()
    return Measured(share(int(found.sum()), len(found)), len(found), note)


def removal_eliminates_inversion(evidence: Evidence) -> Measured:
    return without_inversion(evidence, "stragglers")


def foreign_removal_eliminates_inversion(evidence: Evidence) -> Measured:
    return without_inversion(evidence, "consensus")


def other_seed_removal_eliminates_inversion(evidence: Evidence) -> Measured:
    return without_inversion(evidence, "other_seed")


def random_removal_keeps_inversion(evidence: Evidence) -> Measured:
    return every_draw_inverts(evidence, "random")


def uniform_removal_keeps_inversion(evidence: Evidence) -> Measured:
    return every_draw_inverts(evidence, "uniform")


def error_ratio(evidence: Evidence, removed: str, over: str, sigma: float) -> Measured:
    """Mean test error without ``removed`` points over that without ``over``, runs paired by seed."""
    return ratio_of(evidence.ablation[evidence.ablation["sigma"] == sigma], removed, over)


def ratio_of(rows: pd.DataFrame, removed: str, over: str) -> Measured:
    """The same of rows of ``ablation`` at one noise."""
    error = rows.groupby(["seed", "removed"])["test_error"].mean().unstack()
    if not {removed, over} <= set(error):
        return NOTHING
    pairs = error[[removed, over]].dropna().to_numpy()
    return Measured(
        jackknife([pairs], lambda p: p[:, 0].mean() / p[:, 1].mean() if p[:, 1].any() else np.nan), len(pairs)
    )


def final_error(rows: pd.DataFrame, removed: str) -> Estimate:
    """Mean test error over seeds without one kind of points, draws of a seed averaged first."""
    return mean_interval(rows[rows["removed"] == removed].groupby("seed")["test_error"].mean())


def removal_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Test error without S(t), over seeds: one row for each t of the grid (``draw``).

    Columns ``removed_error`` (mean), ``value``, ``low``, ``high``, ``n_runs``.
    """
    points = []
    for _, at in rows.query("removed == 'misclassified_at'").groupby("draw"):
        estimate = mean_interval(at["test_error"])
        points.append({"removed_error": at["removed_error"].mean(), **estimate._asdict(), "n_runs": len(at)})
    columns = ["removed_error", *Estimate._fields, "n_runs"]
    return pd.DataFrame(points, columns=columns).sort_values("removed_error", ascending=False)


def removal_raises_test_error(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "stragglers", "none", 0)


def removal_hurts_more_than_random(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "stragglers", "random", 0)


def partial_removal_raises_test_error(evidence: Evidence) -> Measured:
    rows = evidence.ablation
    # The draws of this kind are the study's fractions.
    least = rows.loc[rows["removed"] == "top_stragglers"].groupby("draw")["n_removed"].mean()
    if least.empty:
        return NOTHING
    return ratio_of(
        rows[
            (rows["sigma"] == 0)
            & ((rows["removed"] == "none") | ((rows["removed"] == "top_stragglers") & (rows["draw"] == least.idxmin())))
        ],
        "top_stragglers",
        "none",
    )


def foreign_removal_raises_test_error(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "consensus", "none", 0)


def other_seed_removal_hurts_alike(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "other_seed", "stragglers", 0)


def removal_raises_noisy_test_error(evidence: Evidence) -> Measured:
    sigma = evidence.ablation["sigma"].max()
    return error_ratio(evidence, "stragglers", "none", sigma) if sigma > 0 else NOTHING


def removal_raises_test_error_at_unit_noise(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "stragglers", "none", 1.0)


MEASURES = measures(
    removal_eliminates_inversion,
    foreign_removal_eliminates_inversion,
    other_seed_removal_eliminates_inversion,
    random_removal_keeps_inversion,
    uniform_removal_keeps_inversion,
    removal_raises_test_error,
    removal_hurts_more_than_random,
    partial_removal_raises_test_error,
    foreign_removal_raises_test_error,
    other_seed_removal_hurts_alike,
    removal_raises_noisy_test_error,
    removal_raises_test_error_at_unit_noise,
    on=("ablation",),
)
