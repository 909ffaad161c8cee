"""The paper's claims, and some questions beside them, each measured on tables and held to its threshold."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..spec.specification import Defining
from ..support.intervals import (
    CONFIDENCE,
    LEAST_RUNS,
    MISSING,
    Estimate,
    jackknife,
    largest,
    ratio,
    relative_spread,
    share,
)
from .evidence import Evidence, gather

FLAT = 0.15
"""ε*(P) is flat where it is within this fraction of ε* at the largest P."""

REFERENCE = {"network": "reference", "optimizer": "gd"}
"""Names of the network and optimiser that the others are compared with."""

ALL_DATASETS = "all"
"""What the ``dataset`` column says of a claim on all main datasets together."""


class Measured(NamedTuple):
    """An estimate and the number of runs (or other units, which the claim's statistic names) behind it."""

    estimate: Estimate
    n_runs: int
    note: str = ""
    """What was left out, or why there is no value."""


NOTHING = Measured(MISSING, 0)


def inverted_errors(inversions: pd.DataFrame) -> np.ndarray:
    """ε* of the runs that inverted."""
    return inversions.loc[inversions["found"], "train_error"].to_numpy(float)


def diverged(groups: Mapping[str, pd.DataFrame]) -> str:
    """How many runs of the ``groups`` diverged, in words; empty if none."""
    counts = {name: (int(rows["diverged_at"].notna().sum()), len(rows)) for name, rows in groups.items()}
    some = [f"{name} ({count} of {n_runs})" for name, (count, n_runs) in counts.items() if count]
    return f"left out, as they diverged: {', '.join(some)}" if some else ""


def left_out(groups: Mapping[str, pd.DataFrame]) -> str:
    """Which of the ``groups`` have too few inverted runs for an interval, and which runs diverged, in words."""
    counts = {name: (len(inverted_errors(rows)), len(rows)) for name, rows in groups.items()}
    some = [f"{name} ({found} of {n_runs})" for name, (found, n_runs) in counts.items() if found < LEAST_RUNS]
    few = f"left out, as fewer than {LEAST_RUNS} runs invert: {', '.join(some)}" if some else ""
    return "; ".join(filter(None, [few, diverged(groups)]))


def non_monotonic(evidence: Evidence) -> Measured:
    """A run that diverged is counted neither way."""
    found = evidence.reference.loc[evidence.reference["diverged_at"].isna(), "found"]
    note = diverged({REFERENCE["optimizer"]: evidence.reference})
    return Measured(share(int(found.sum()), len(found)), len(found), note)


def straggler_fraction(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    return Measured(jackknife([errors], np.mean), len(errors))


def consensus_fraction(evidence: Evidence) -> Measured:
    for row in evidence.consensus.query("kind == 'consensus'").itertuples():
        return Measured(Estimate(row.fraction, row.ci_low, row.ci_high), row.n_runs)
    return NOTHING


def stable_across_seeds(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    return Measured(relative_spread(errors), len(errors))


def magnitude(estimate: Estimate) -> Estimate:
    """The same of a statistic's absolute value."""
    value, low, high = np.abs(estimate)
    return Estimate(value, 0.0 if estimate.low < 0 < estimate.high else min(low, high), max(low, high))


def largest_shift(reference: pd.DataFrame, groups: Mapping[str, pd.DataFrame]) -> Measured:
    """Largest |mean ε* of a group / that of the reference - 1|, over groups of which enough runs invert.

    A maximum of noisy means is biased upwards, so this errs towards "depends".
    """
    first = inverted_errors(reference)
    errors = [group for group in map(inverted_errors, groups.values()) if len(group) >= LEAST_RUNS]
    n_runs, note = len(first) + sum(map(len, errors)), left_out(groups)
    if len(first) < LEAST_RUNS:
        return Measured(MISSING, n_runs, note)

    def shift(other: np.ndarray, confidence: float) -> Estimate:
        return magnitude(jackknife([other, first], lambda a, b: a.mean() / b.mean() - 1, confidence))

    return Measured(largest([partial(shift, other) for other in errors]), n_runs, note)


def stable_across_optimizers(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_optimizer)


def shift_beside_epochs(first: np.ndarray, *others: np.ndarray) -> float:
    """Spread over cells of log mean ε* beside that of log mean t*; a cell is (runs, 2): ε*, t*."""
    spread = np.log([cell.mean(axis=0) for cell in (first, *others)]).std(axis=0)
    return spread[0] / spread[1] if spread[1] > 0 else np.nan


def error_steadier_than_epoch(evidence: Evidence) -> Measured:
    groups = {REFERENCE["optimizer"]: evidence.reference, **evidence.by_optimizer}
    cells = [rows.loc[rows["found"], ["train_error", "epoch"]].to_numpy(float) for rows in groups.values()]
    cells = [cell for cell in cells if len(cell) >= LEAST_RUNS and cell.all()]
    if len(cells) < 2:
        return NOTHING
    return Measured(jackknife(cells, shift_beside_epochs), sum(map(len, cells)), left_out(groups))


def stable_across_orders(evidence: Evidence) -> Measured:
    """Spread over orders of the batches of one seed's ε*, root mean square over seeds; an optimiser's largest."""
    measured = []
    for rows in evidence.by_order.values():
        errors = rows[rows["found"]].pivot(index="seed", columns="optimizer", values="train_error").dropna()
        measured.append(Measured(relative_spread(errors.to_numpy(float)), len(errors)))
    return max(measured, key=lambda one: np.nan_to_num(one.estimate.value, nan=-1), default=NOTHING)


def stable_across_subsamples(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_subsample)


def stable_across_blocks(evidence: Evidence) -> Measured:
    size = evidence.n_samples.get
    blocks = {name: rows for name, rows in evidence.by_subsample.items() if size(name) == size(evidence.main)}
    return largest_shift(evidence.reference, blocks)


def after_last(far: Sequence[bool]) -> int:
    """Index after the last that is ``far``."""
    return max(np.flatnonzero(far), default=-1) + 1


def flat_in_sample_size(evidence: Evidence) -> Measured:
    """Smallest P from which on the mean ε*, over subsamples of one P, stays near that at the largest.

    Its interval goes from the P after the last whose ε* is surely not near to that after the last where it may not
    be; the former holds for all P at once. Runs vary, subsamples are those of the study.
    """
    runs = {evidence.main: evidence.reference, **evidence.by_subsample}
    runs = {name: runs[name] for name in evidence.n_samples if name in runs}
    by_size: dict[int, list[np.ndarray]] = {}
    for name, rows in runs.items():
        if len(errors := inverted_errors(rows)) >= LEAST_RUNS:
            by_size.setdefault(evidence.n_samples[name], []).append(errors)
    *smaller, last = sorted(by_size) or [0]
    if not smaller:
        return NOTHING

    def shift(size: int, confidence: float) -> Estimate:
        groups = [*by_size[size], *by_size[last]]
        n_here = len(by_size[size])

        def relative(*errors: np.ndarray) -> float:
            means = [group.mean() for group in errors]
            return np.mean(means[:n_here]) / np.mean(means[n_here:]) - 1

        return magnitude(jackknife(groups, relative, confidence))

    each = [shift(size, CONFIDENCE) for size in smaller]
    jointly = [shift(size, 1 - (1 - CONFIDENCE) / len(smaller)) for size in smaller]
    places = (
        after_last([one.value > FLAT for one in each]),
        after_last([one.low > FLAT for one in jointly]),
        after_last([one.high > FLAT for one in each]),
    )
    sizes = np.array([*smaller, last]) / evidence.n_samples[evidence.main]
    n_runs = sum(len(errors) for groups in by_size.values() for errors in groups)
    return Measured(Estimate(*sizes[list(places)].tolist()), n_runs, left_out(runs))


def kept_in_larger_sets(evidence: Evidence) -> Measured:
    """Over sets of the main dataset's size inside the largest."""
    nested = evidence.nested
    size = evidence.n_samples.get(evidence.main)
    rows = nested[(nested["n_inner"] == size) & (nested["n_outer"] == nested["n_outer"].max())]
    kept = rows["kept"].dropna().to_numpy(float)
    return Measured(jackknife([kept], np.mean), len(kept)) if len(kept) else NOTHING


def weak_dependence_on_architecture(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_network)


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
    rows = evidence.peak[(evidence.peak["alignment"] == "epoch") & (evidence.peak["statistic"] == statistic)]
    for row in rows.itertuples():
        relative = ratio(Estimate(row.train_error, row.ci_low, row.ci_high), error_star)
        return Measured(relative, row.n_runs)
    return NOTHING


def maximally_conserved(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "z")


def maximally_conserved_jaccard(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "jaccard")


def maximally_conserved_conditional(evidence: Evidence) -> Measured:
    return conservation_peak(evidence, "conditional")


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


def removal_raises_noisy_test_error(evidence: Evidence) -> Measured:
    sigma = evidence.ablation["sigma"].max()
    return error_ratio(evidence, "stragglers", "none", sigma) if sigma > 0 else NOTHING


def removal_raises_test_error_at_unit_noise(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "stragglers", "none", 1.0)


def linear_residual(evidence: Evidence) -> Measured:
    """The linear error is one number of the training set, without a spread over runs."""
    for row in evidence.linear.query("classifier == 'lda'").itertuples():
        if row.train_error > 0:
            bounds = np.array([row.eps_star, row.ci_low, row.ci_high])
            return Measured(Estimate(*(bounds / row.train_error)), row.n_inverted)
    return NOTHING


def linear_mistakes(evidence: Evidence) -> Measured:
    for row in evidence.linear.query("classifier == 'lda'").itertuples():
        return Measured(Estimate(row.jaccard_ratio, row.jaccard_ratio_low, row.jaccard_ratio_high), row.n_inverted)
    return NOTHING


MEASURES: dict[str, Callable[[Evidence], Measured]] = {
    measure.__name__: measure
    for measure in (
        non_monotonic,
        straggler_fraction,
        consensus_fraction,
        stable_across_seeds,
        stable_across_optimizers,
        error_steadier_than_epoch,
        stable_across_orders,
        stable_across_subsamples,
        stable_across_blocks,
        flat_in_sample_size,
        kept_in_larger_sets,
        weak_dependence_on_architecture,
        shared_between_networks,
        shared_between_optimizers,
        maximally_conserved,
        maximally_conserved_jaccard,
        maximally_conserved_conditional,
        removal_eliminates_inversion,
        foreign_removal_eliminates_inversion,
        random_removal_keeps_inversion,
        uniform_removal_keeps_inversion,
        removal_raises_test_error,
        removal_hurts_more_than_random,
        partial_removal_raises_test_error,
        foreign_removal_raises_test_error,
        removal_raises_noisy_test_error,
        removal_raises_test_error_at_unit_noise,
        linear_residual,
        linear_mistakes,
    )
}
"""Claim on one dataset -> how it is measured; ``config/claims.yaml`` says what it claims and its threshold."""


def data_set_the_error(variance: pd.DataFrame) -> Measured:
    """From the ``variance`` table, where it has several datasets."""
    rows = variance.query("quantity == 'train_error' and component == 'dataset' and n_datasets > 1")
    for row in rows.itertuples():
        return Measured(Estimate(row.share, row.ci_low, row.ci_high), row.n_runs)
    return NOTHING


JOINT_MEASURES: dict[str, Callable[[pd.DataFrame], Measured]] = {data_set_the_error.__name__: data_set_the_error}
"""Claim on all main datasets together -> how it is measured on the ``variance`` table."""


def verdict(estimate: Estimate, at_least: float, at_most: float) -> str:
    """``reproduced`` if the whole interval lies within the bounds, ``not reproduced`` if none of it."""
    if np.isnan(estimate).any():
        return "inconclusive"
    if at_least <= estimate.low and estimate.high <= at_most:
        return "reproduced"
    if estimate.high < at_least or estimate.low > at_most:
        return "not reproduced"
    return "inconclusive"


def threshold_text(at_least: float, at_most: float) -> str:
    if np.isfinite(at_least) and np.isfinite(at_most):
        return f"{at_least:g} to {at_most:g}"
    return f"≥ {at_least:g}" if np.isfinite(at_least) else f"≤ {at_most:g}"


def claims_table(
    definitions: Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, pd.DataFrame],
    families: Sequence[Sequence[str]],
    defining: Defining,
    orders: Mapping[str, str],
) -> pd.DataFrame:
    """The ``claims`` table: one row a claim and main dataset, and one a claim on all datasets together.

    ``families`` are the main datasets, each followed by its subsamples; ``tables`` and ``orders`` as
    :func:`.evidence.gather` takes them. What a study did not run, or cannot tell as nothing inverts, has no value and
    is inconclusive.
    """
    rows = [
        claim_row(claim, definitions[claim], family[0], MEASURES[claim](evidence), unmeasured(evidence))
        for family in families
        for evidence in [gather(tables, family, defining, orders)]
        for claim in definitions
        if claim in MEASURES
    ]
    rows += [
        claim_row(claim, definitions[claim], ALL_DATASETS, measure(tables["variance"]), NOT_RUN)
        for claim, measure in JOINT_MEASURES.items()
    ]
    return pd.DataFrame(rows)


NOT_RUN = "this study has no runs that tell"


def unmeasured(evidence: Evidence) -> str:
    """Why a claim on one dataset has no value, in words."""
    return NOT_RUN if evidence.reference["found"].any() else "no run of the reference inverts"


def claim_row(
    claim: str, definition: Mapping[str, Any], dataset: str, measured: Measured, unmeasured: str
) -> dict[str, Any]:
    """One row of the ``claims`` table; its note says what is ``unmeasured`` where there is no value."""
    estimate, n_runs, note = measured
    if np.isnan(estimate.value):
        note = "; ".join(filter(None, [unmeasured, note]))
    bounds = definition.get("at_least", -np.inf), definition.get("at_most", np.inf)
    return {
        "claim": claim,
        "statement": definition["statement"],
        "figure": definition["figure"],
        "dataset": dataset,
        "statistic": definition["statistic"],
        "value": estimate.value,
        "ci_low": estimate.low,
        "ci_high": estimate.high,
        "n_runs": n_runs,
        "note": note,
        "threshold": threshold_text(*bounds),
        "verdict": verdict(estimate, *bounds),
        "reason": definition["reason"],
    }
