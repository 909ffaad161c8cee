"""The paper's claims, and some questions beside them, each measured on tables and held to its threshold."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..spec.specification import Defining
from ..support.columns import CLAIMS
from ..support.intervals import (
    Estimate,
)
from .agreement import (
    kept_in_larger_sets,
    linear_mistakes,
    linear_residual,
    maximally_conserved,
    maximally_conserved_conditional,
    maximally_conserved_jaccard,
    shared_between_networks,
    shared_between_optimizers,
)
from .evidence import Evidence, gather
from .measured import NOTHING, Measured
from .removal import (
    foreign_removal_eliminates_inversion,
    foreign_removal_raises_test_error,
    partial_removal_raises_test_error,
    random_removal_keeps_inversion,
    removal_eliminates_inversion,
    removal_hurts_more_than_random,
    removal_raises_noisy_test_error,
    removal_raises_test_error,
    removal_raises_test_error_at_unit_noise,
    uniform_removal_keeps_inversion,
)
from .stability import (
    consensus_fraction,
    error_steadier_than_epoch,
    flat_in_sample_size,
    non_monotonic,
    stable_across_blocks,
    stable_across_optimizers,
    stable_across_orders,
    stable_across_seeds,
    stable_across_subsamples,
    straggler_fraction,
    weak_dependence_on_architecture,
)

ALL_DATASETS = "all"
"""What the ``dataset`` column says of a claim on all main datasets together."""

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
    return pd.DataFrame(rows, columns=list(CLAIMS))


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
