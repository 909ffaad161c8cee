"""Claims of the question ``scores``, each measured on the scores of one dataset's points."""

import numpy as np
import pandas as pd

from ..support.intervals import MISSING, Estimate, ratio, share
from .evidence import Evidence
from .measured import NOTHING, Measured, measures
from .removal import ratio_of
from .score_names import (
    ALL_SCORES,
    AT_INVERSION,
    LABEL_QUALITY,
    LINEAR,
    LINEAR_ONLY,
    ONE_DIRECTION,
    STRAGGLER,
    STRAGGLERS_ONLY,
)

FEW = 5
"""Runs that are to give a stable ranking."""
NOT_OTHERS = ("none", "random", STRAGGLERS_ONLY, LINEAR_ONLY, *AT_INVERSION)
"""What ``removed`` says beside the scores of the field."""


def estimate(row: pd.Series, name: str) -> Estimate:
    return Estimate(row[name], row[f"{name}_low"], row[f"{name}_high"])


def summary(evidence: Evidence) -> pd.DataFrame:
    """One row a score, which is the index."""
    return evidence.rows("score_summary").set_index("score")


def over_largest(rows: pd.DataFrame, name: str) -> Measured:
    """Stragglers' value over the largest of other scores, both with their intervals; which it is, in the note."""
    others = rows[~rows.index.isin(AT_INVERSION)].dropna(subset=name)
    if STRAGGLER not in rows.index or not len(others):
        return NOTHING
    best = others[name].idxmax()
    value = ratio(estimate(rows.loc[STRAGGLER], name), estimate(others.loc[best], name))
    return Measured(value, int(rows.loc[STRAGGLER, "n_runs"]), f"the largest: {best}")


def stragglers_best_conserved(evidence: Evidence) -> Measured:
    scores = summary(evidence)
    return over_largest(scores[~scores.index.isin([*LINEAR, LABEL_QUALITY])], "jaccard")


def stragglers_find_flips(evidence: Evidence) -> Measured:
    return over_largest(summary(evidence), "recall")


def with_stragglers(evidence: Evidence) -> pd.DataFrame:
    """Pairs of stragglers and another score, which is the index."""
    pairs = evidence.rows("score_pairs")
    pairs = pairs[(pairs["score_a"] == STRAGGLER) & (pairs["score_b"] != STRAGGLER)]
    return pairs.set_index("score_b")


def linear_margin_tells_stragglers(evidence: Evidence) -> Measured:
    scores, pairs = summary(evidence), with_stragglers(evidence)
    linear = pairs[pairs.index.isin(LINEAR)].dropna(subset="jaccard")
    if not len(linear):
        return NOTHING
    best = linear["jaccard"].idxmax()
    ceiling = scores.loc[STRAGGLER]
    value = ratio(estimate(linear.loc[best], "jaccard"), estimate(ceiling, "jaccard"))
    return Measured(value, int(ceiling["n_runs"]), f"the best: {best}")


def early_error_tells_stragglers(evidence: Evidence) -> Measured:
    scores, pairs = summary(evidence), with_stragglers(evidence)
    if "el2n_20" not in pairs.index:
        return NOTHING
    ceilings = scores.loc[[STRAGGLER, "el2n_20"], [f"jaccard{bound}" for bound in ("", "_low", "_high")]]
    # A geometric mean: each bound of it is that of both at once, which errs towards too wide an interval.
    ceiling = Estimate(*np.sqrt(ceilings.prod(skipna=False)))
    value = ratio(estimate(pairs.loc["el2n_20"], "jaccard"), ceiling)
    return Measured(value, int(scores.loc[STRAGGLER, "n_runs"]))


def little_beyond_linear(evidence: Evidence) -> Measured:
    scores = summary(evidence)
    if STRAGGLER not in scores.index:
        return NOTHING
    row = scores.loc[STRAGGLER]
    return Measured(estimate(row, "own_share"), int(row["n_runs"]))


def few_runs_suffice(evidence: Evidence) -> Measured:
    """ρ of means over :data:`FEW` runs and over as many others, its range over draws of both for an interval."""
    rows = evidence.rows("score_stability").query("score == @STRAGGLER and measure == 'rho' and size == @FEW")
    for row in rows.itertuples():
        return Measured(Estimate(row.value, row.lowest, row.highest), int(summary(evidence).loc[STRAGGLER, "n_runs"]))
    return NOTHING


def variance(evidence: Evidence, *components: str) -> Measured:
    """Sum of shares of the variance of all scores' rankings, their intervals added as if they moved together."""
    rows = evidence.rows("score_variance")
    rows = rows[rows["score"] == ALL_SCORES].set_index("component")
    if not {*components} <= {*rows.index}:
        return NOTHING
    parts = rows.loc[[*components]]
    total = Estimate(*(float(parts[f"share{bound}"].sum(skipna=False)) for bound in ("", "_low", "_high")))
    return Measured(total, int(parts["n_runs"].iloc[0]))


def one_direction(evidence: Evidence) -> Measured:
    return variance(evidence, ONE_DIRECTION)


def noisy_single_runs(evidence: Evidence) -> Measured:
    return variance(evidence, "run", "rest")


def architecture_matters_little(evidence: Evidence) -> Measured:
    return variance(evidence, "architecture", "score and architecture")


def by_scores(evidence: Evidence) -> pd.DataFrame:
    """Rows of ``score_removal`` on clean test data that did not diverge."""
    rows = evidence.rows("score_removal")
    return rows[(rows["sigma"] == 0) & rows["diverged_at"].isna()]


def removal_is_not_special(evidence: Evidence) -> Measured:
    """Of scores by which something was removed that most runs' inversions do not survive."""
    rows = by_scores(evidence)
    stays = rows.groupby("removed")["inversion_found"].mean()
    if not stays.get("none", 0) > 0.5:
        return Measured(MISSING, 0, "most runs on all points have no inversion to lose")
    others = stays[~stays.index.isin(NOT_OTHERS)]
    return Measured(share(int((others < 0.5).sum()), len(others)), len(others))


def stragglers_hurt_most(evidence: Evidence) -> Measured:
    rows = by_scores(evidence)
    errors = rows.groupby("removed")["test_error"].mean()
    others = errors[~errors.index.isin(NOT_OTHERS)]
    if not len(others):
        return NOTHING
    measured = ratio_of(rows, STRAGGLER, others.idxmax())
    return measured._replace(note=f"the largest: {others.idxmax()}")


def stragglers_beyond_linear_matter(evidence: Evidence) -> Measured:
    return ratio_of(by_scores(evidence), STRAGGLERS_ONLY, LINEAR_ONLY)


MEASURES = (
    measures(stragglers_best_conserved, stragglers_find_flips, little_beyond_linear, on=("score_summary",))
    | measures(few_runs_suffice, on=("score_summary", "score_stability"))
    | measures(linear_margin_tells_stragglers, early_error_tells_stragglers, on=("score_summary", "score_pairs"))
    | measures(one_direction, noisy_single_runs, architecture_matters_little, on=("score_variance",))
    | measures(removal_is_not_special, stragglers_hurt_most, stragglers_beyond_linear_matter, on=("score_removal",))
)
