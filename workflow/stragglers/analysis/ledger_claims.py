"""Claims of the question ``ledger``, each measured on the runs of one dataset."""

import pandas as pd

from ..support.intervals import jackknife
from .evidence import Evidence
from .measured import Measured, mean_of, measures, share_of

CLOSE = 2
"""Epochs by which two turns may differ that count as one."""


def whole(evidence: Evidence) -> pd.DataFrame:
    """The runs that learn all points."""
    return evidence.rows("ledger_runs").query("removed == 'none'")


def inverted(evidence: Evidence) -> pd.DataFrame:
    """Those of them that invert."""
    runs = whole(evidence)
    return runs[runs["epoch"].notna()]


def without(evidence: Evidence) -> pd.DataFrame:
    """The runs that learn without their stragglers."""
    return evidence.rows("ledger_runs").query("removed == 'stragglers'")


def linear(evidence: Evidence) -> pd.DataFrame:
    """The runs of linear networks, of all scales."""
    return evidence.tables["vanishing"].query("dataset == @evidence.main")


def smallest(evidence: Evidence) -> pd.DataFrame:
    """Those with the smallest initial weights."""
    runs = linear(evidence)
    return runs[runs["scale"] == runs["scale"].min()]


def first_order(evidence: Evidence) -> Measured:
    return mean_of(whole(evidence)["correlation"])


def crossing_at_inversion(evidence: Evidence) -> Measured:
    runs = inverted(evidence)
    return share_of(((runs["crossing"] - runs["epoch"]).abs() <= CLOSE).fillna(False))


def stragglers_against_others(evidence: Evidence) -> Measured:
    # Over what the others add: below 0 where the two are of opposite signs. That all lower D never is at its maximum.
    return share_of(inverted(evidence)["balance"] < 0)


def stragglers_pull_most(evidence: Evidence) -> Measured:
    return mean_of(inverted(evidence)["pull"])


def pullers_are_stragglers(evidence: Evidence) -> Measured:
    return mean_of(inverted(evidence)["overlap"])


def pull_from_the_start(evidence: Evidence) -> Measured:
    return mean_of(inverted(evidence)["against"])


def no_crossing_without(evidence: Evidence) -> Measured:
    return share_of(without(evidence)["crossing"].notna())


def default_scale_inverts(evidence: Evidence) -> Measured:
    return share_of(linear(evidence).query("scale == 1")["found"])


def vanishing_scale_does_not(evidence: Evidence) -> Measured:
    return share_of(smallest(evidence)["found"])


def vanishing_follows_theory(evidence: Evidence) -> Measured:
    return mean_of(smallest(evidence)["deviation"])


def depth_grows_with_scale(evidence: Evidence) -> Measured:
    runs = linear(evidence)
    pairs = runs[["scale", "depth"]].to_numpy(float)
    return Measured(jackknife([pairs], lambda rows: pd.DataFrame(rows).corr("spearman").iloc[0, 1]), len(pairs))


MEASURES = measures(
    first_order,
    crossing_at_inversion,
    stragglers_against_others,
    stragglers_pull_most,
    pullers_are_stragglers,
    pull_from_the_start,
    no_crossing_without,
    on=("ledger_runs",),
) | measures(
    default_scale_inverts,
    vanishing_scale_does_not,
    vanishing_follows_theory,
    depth_grows_with_scale,
    on=("vanishing",),
)
