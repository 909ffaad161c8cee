"""The paper's claims, each measured on one main dataset's tables and held to its threshold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .intervals import MISSING, Estimate, bootstrap, share
from .inversion import defining_inversions
from .specification import Defining

LEAST_INVERTED = 2
"""Fewer inverted runs give no mean ε* with an interval."""


class Measured(NamedTuple):
    """An estimate and the number of runs behind it."""

    estimate: Estimate
    n_runs: int


@dataclass(frozen=True)
class Evidence:
    """A study's tables cut down to one main dataset.

    ``reference``: inversions (defining observable and layer) of the reference network and optimiser
    on the main dataset; ``by_optimizer``, ``by_network``, ``by_subsample``: those of the others, in
    groups by name, the reference left out; ``ablation``, ``consensus`` and ``peak``: rows of the
    tables of those names for the reference.
    """

    reference: pd.DataFrame
    by_optimizer: Mapping[str, pd.DataFrame]
    by_network: Mapping[str, pd.DataFrame]
    by_subsample: Mapping[str, pd.DataFrame]
    ablation: pd.DataFrame
    consensus: pd.DataFrame
    peak: pd.DataFrame


def gather(tables: Mapping[str, pd.DataFrame], family: Sequence[str], defining: Defining) -> Evidence:
    """Evidence for ``family``: the main dataset and its subsamples, by name."""
    main = family[0]
    inversion = tables["inversion"].query("removed == 'none'")
    # Layer by layer of its own network: shallow networks may lack the defining layer.
    inversion = pd.concat(
        [defining_inversions(rows, defining) for _, rows in inversion.groupby("network")] or [inversion]
    )

    def cell(table: pd.DataFrame, dataset: str = main, network: str = "reference", optimizer: str = "gd"):
        return table[(table["dataset"] == dataset) & (table["network"] == network) & (table["optimizer"] == optimizer)]

    names = inversion[inversion["dataset"] == main]
    return Evidence(
        reference=cell(inversion),
        by_optimizer={name: cell(inversion, optimizer=name) for name in names["optimizer"].unique() if name != "gd"},
        by_network={name: cell(inversion, network=name) for name in names["network"].unique() if name != "reference"},
        by_subsample={name: cell(inversion, dataset=name) for name in family[1:]},
        ablation=cell(tables["ablation"]),
        consensus=cell(tables["consensus"]),
        peak=cell(tables["conservation_peak"]),
    )


def inverted_errors(inversions: pd.DataFrame) -> np.ndarray:
    """ε* of the runs that inverted."""
    return inversions.loc[inversions["found"], "train_error"].to_numpy(float)


def non_monotonic(evidence: Evidence) -> Measured:
    found = evidence.reference["found"]
    return Measured(share(int(found.sum()), len(found)), len(found))


def straggler_fraction(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    return Measured(bootstrap([errors], np.mean), len(errors))


def consensus_fraction(evidence: Evidence) -> Measured:
    for row in evidence.consensus.query("kind == 'consensus'").itertuples():
        return Measured(Estimate(row.fraction, row.ci_low, row.ci_high), row.n_runs)
    return Measured(MISSING, 0)


def stable_across_seeds(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    if len(errors) < LEAST_INVERTED:
        return Measured(MISSING, len(errors))
    return Measured(bootstrap([errors], lambda e: e.std(ddof=1) / e.mean() if len(set(e)) > 1 else 0.0), len(errors))


def largest_shift(reference: pd.DataFrame, groups: Mapping[str, pd.DataFrame]) -> Measured:
    """Largest |mean ε* of a group / that of the reference - 1|, over groups with inverted runs.

    A maximum of noisy means is biased upwards, so this errs towards "depends".
    """
    errors = [inverted_errors(rows) for rows in (reference, *groups.values())]
    errors = [errors[0], *(group for group in errors[1:] if len(group) >= LEAST_INVERTED)]
    n_runs = sum(map(len, errors))
    if len(errors) < 2 or len(errors[0]) < LEAST_INVERTED:
        return Measured(MISSING, n_runs)
    return Measured(
        bootstrap(errors, lambda first, *others: max(abs(o.mean() / first.mean() - 1) for o in others)), n_runs
    )


def stable_across_optimizers(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_optimizer)


def stable_across_subsamples(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_subsample)


def weak_dependence_on_architecture(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_network)


def maximally_conserved(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    for row in evidence.peak.query("alignment == 'epoch' and statistic == 'z'").itertuples():
        if len(errors):
            peak = np.array([row.train_error, row.ci_low, row.ci_high])
            return Measured(Estimate(*(peak / errors.mean())), row.n_runs)
    return Measured(MISSING, 0)


def removal_eliminates_inversion(evidence: Evidence) -> Measured:
    found = evidence.ablation.query("removed == 'stragglers' and sigma == 0")["inversion_found"]
    return Measured(share(int((~found).sum()), len(found)), len(found))


def random_removal_keeps_inversion(evidence: Evidence) -> Measured:
    rows = evidence.ablation.query("removed == 'random' and sigma == 0")
    found = rows.groupby("seed")["inversion_found"].all()
    return Measured(share(int(found.sum()), len(found)), len(rows))


def error_ratio(evidence: Evidence, over: str, sigma: float) -> Measured:
    """Mean test error without stragglers over that with ``over`` removed, runs paired by seed."""
    rows = evidence.ablation[evidence.ablation["sigma"] == sigma]
    error = rows.groupby(["seed", "removed"])["test_error"].mean().unstack()
    if not {"stragglers", over} <= set(error):
        return Measured(MISSING, 0)
    pairs = error[["stragglers", over]].dropna().to_numpy()
    ratio = bootstrap([pairs], lambda p: p[:, 0].mean() / p[:, 1].mean() if p[:, 1].any() else np.nan)
    return Measured(ratio, len(pairs))


def removal_raises_test_error(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "none", 0)


def removal_hurts_more_than_random(evidence: Evidence) -> Measured:
    return error_ratio(evidence, "random", 0)


def removal_raises_noisy_test_error(evidence: Evidence) -> Measured:
    sigma = evidence.ablation["sigma"].max()
    return error_ratio(evidence, "none", sigma) if sigma > 0 else Measured(MISSING, 0)


MEASURES: dict[str, Callable[[Evidence], Measured]] = {
    measure.__name__: measure
    for measure in (
        non_monotonic,
        straggler_fraction,
        consensus_fraction,
        stable_across_seeds,
        stable_across_optimizers,
        stable_across_subsamples,
        weak_dependence_on_architecture,
        maximally_conserved,
        removal_eliminates_inversion,
        random_removal_keeps_inversion,
        removal_raises_test_error,
        removal_hurts_more_than_random,
        removal_raises_noisy_test_error,
    )
}
"""Claim -> how it is measured; ``config/claims.yaml`` says what it claims and its threshold."""


def verdict(estimate: Estimate, at_least: float, at_most: float) -> str:
    """``reproduced`` if the whole interval lies within the bounds, ``not reproduced`` if none of it."""
    if not np.isfinite(estimate).all():
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
) -> pd.DataFrame:
    """The ``claims`` table: one row a claim and main dataset.

    ``families`` are the main datasets, each followed by its subsamples. What a study did not run
    has no value and is inconclusive.
    """
    rows = []
    for family in families:
        evidence = gather(tables, family, defining)
        for claim, definition in definitions.items():
            estimate, n_runs = MEASURES[claim](evidence)
            bounds = definition.get("at_least", -np.inf), definition.get("at_most", np.inf)
            rows.append(
                {
                    "claim": claim,
                    "statement": definition["statement"],
                    "figure": definition["figure"],
                    "dataset": family[0],
                    "statistic": definition["statistic"],
                    "value": estimate.value,
                    "ci_low": estimate.low,
                    "ci_high": estimate.high,
                    "n_runs": n_runs,
                    "threshold": threshold_text(*bounds),
                    "verdict": verdict(estimate, *bounds),
                    "reason": definition["reason"],
                }
            )
    return pd.DataFrame(rows)
