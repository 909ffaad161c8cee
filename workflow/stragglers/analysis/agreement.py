"""Claims about which points are stragglers: the same ones between sets, networks, optimisers and epochs."""

import numpy as np

from ..study.cell import REFERENCE
from ..support.intervals import (
    Estimate,
    jackknife,
    ratio,
)
from .evidence import Evidence
from .measured import NOTHING, Measured, inverted_errors, measures


def kept_in_larger_sets(evidence: Evidence) -> Measured:
    """Over sets of the main dataset's size inside the largest."""
    nested = evidence.nested
    size = evidence.n_samples.get(evidence.main)
    rows = nested[(nested["n_inner"] == size) & (nested["n_outer"] == nested["n_outer"].max())]
    kept = rows["kept"].dropna().to_numpy(float)
    return Measured(jackknife([kept], np.mean), len(kept)) if len(kept) else NOTHING


def shared_with_others(evidence: Evidence, what: str, other: str) -> Measured:
    """Jaccard index of the reference's sets with another's over the mean of those within each.

    ``what`` varies (``network`` or ``optimizer``), the ``other`` is the reference's. Mean over those that
    ``what`` takes, with an interval over them.
    """
    first, fixed = REFERENCE[what], REFERENCE[other]
    rows = evidence.overlap
    rows = rows[(rows[f"{other}_a"] == fixed) & (rows[f"{other}_b"] == fixed) & (rows["n_pairs"] > 0)]
    columns = [f"{what}_a", f"{what}_b", "jaccard"]
    jaccard = {frozenset([a, b]): value for a, b, value in rows[columns].itertuples(index=False)}
    # Sorted, since sums depend on the order and that of a set on the process.
    within = {name: jaccard.get(frozenset([name]), np.nan) for name in sorted(set().union(*jaccard))}
    shared = [
        2 * jaccard[pair] / (within[first] + within[name])
        for name in within
        if name != first and (pair := frozenset([first, name])) in jaccard
    ]
    shared = np.array(shared)[np.isfinite(shared)]
    return Measured(jackknife([shared], np.mean), len(shared)) if len(shared) else NOTHING


def shared_between_networks(evidence: Evidence) -> Measured:
    return shared_with_others(evidence, "network", other="optimizer")


def shared_between_optimizers(evidence: Evidence) -> Measured:
    return shared_with_others(evidence, "optimizer", other="network")


def conservation_peak(evidence: Evidence, statistic: str) -> Measured:
    """Training error where ``statistic`` peaks over runs at equal epochs, relative to the mean ε*."""
    error_star = jackknife([inverted_errors(evidence.reference)], np.mean)
    peak = evidence.rows("conservation_peak")
    for row in peak[(peak["alignment"] == "epoch") & (peak["statistic"] == statistic)].itertuples():
        relative = ratio(Estimate(row.train_error, row.ci_low, row.ci_high), error_star)
        return Measured(relative, row.n_runs)
    return NOTHING


def maximally_conserved(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "z")


def maximally_conserved_jaccard(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "jaccard")


def maximally_conserved_conditional(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "conditional")


def linear_residual(evidence: Evidence) -> Measured:
    """The linear error is one number of the training set, without a spread over runs."""
    for row in evidence.rows("linear").query("classifier == 'lda'").itertuples():
        if row.train_error > 0:
            bounds = np.array([row.eps_star, row.ci_low, row.ci_high])
            return Measured(Estimate(*(bounds / row.train_error)), row.n_inverted)
    return NOTHING


def linear_mistakes(evidence: Evidence) -> Measured:
    for row in evidence.rows("linear").query("classifier == 'lda'").itertuples():
        return Measured(Estimate(row.jaccard_ratio, row.jaccard_ratio_low, row.jaccard_ratio_high), row.n_inverted)
    return NOTHING


MEASURES = {
    **measures(kept_in_larger_sets, on=("nested", "linear")),
    **measures(shared_between_networks, shared_between_optimizers, on=("overlap",)),
    **measures(
        maximally_conserved,
        maximally_conserved_jaccard,
        maximally_conserved_conditional,
        on=("conservation_peak", "inversion"),
    ),
    **measures(linear_residual, linear_mistakes, on=("linear",)),
}
