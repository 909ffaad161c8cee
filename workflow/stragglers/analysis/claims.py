"""Claims, each measured on a study's tables and held to its threshold: the paper's, or those of another file."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..spec.configuration import read, validate
from ..spec.specification import Defining
from ..support.columns import CLAIMS
from ..support.errors import InputError
from ..support.intervals import Estimate
from . import (
    agreement,
    classes_claims,
    convolutions_claims,
    ledger_claims,
    lenses_claims,
    planted_claims,
    removal,
    score_claims,
    stability,
    tasks_claims,
    validation,
)
from .evidence import Evidence
from .measured import Measure, Measured

ALL_DATASETS = "all"
"""What the ``dataset`` column says of a claim on all main datasets together."""

MODULES = (
    stability,
    agreement,
    removal,
    validation,
    planted_claims,
    score_claims,
    classes_claims,
    ledger_claims,
    lenses_claims,
    tasks_claims,
    convolutions_claims,
)
MEASURES: dict[str, Measure] = {name: measure for module in MODULES for name, measure in module.MEASURES.items()}
"""Claim -> how it is measured; a file of claims says what it claims, its threshold and why."""

Definitions = Mapping[str, Mapping[str, Any]]
"""Claim -> its entry in a file of claims."""


def read_claims(file: Path, schema: Path, main: Collection[str]) -> Definitions:
    """The claims in ``file``, of a study with these ``main`` datasets.

    Raises :class:`InputError` for a file that cannot be read or is at odds with the ``schema``, for a claim that
    nothing measures, and for one about a dataset that the study does not have.
    """
    definitions = read(file)
    validate(definitions, schema, str(file))
    if unknown := [name for name in definitions if name not in MEASURES]:
        raise InputError(
            f"{file}, {unknown[0]}: nothing measures a claim of this name (take one of "
            f"{', '.join(MEASURES)}, or add its measure to MEASURES of workflow/stragglers/analysis/claims.py)"
        )
    for claim, definition in definitions.items():
        if missing := [name for name in definition.get("datasets", ()) if name not in main]:
            raise InputError(
                f"{file}, {claim}.datasets: {missing[0]} is no main dataset of the study, which has {', '.join(main)}"
            )
    return definitions


def tables_of(definitions: Definitions) -> list[str]:
    """The tables that claims are measured on."""
    return sorted({table for name in definitions for table in MEASURES[name].tables})


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
    definitions: Definitions,
    tables: Mapping[str, pd.DataFrame],
    families: Sequence[Sequence[str]],
    defining: Defining,
    orders: Mapping[str, str],
) -> pd.DataFrame:
    """The ``claims`` table: one row a claim and main dataset, and one a claim on all datasets together.

    ``families`` are the main datasets, each followed by its subsamples; ``tables`` by name, those of
    :func:`tables_of`; ``orders`` as :class:`.evidence.Evidence` has them. What a study did not run, or cannot tell as
    nothing inverts, has no value and is inconclusive.
    """
    rows = [
        claim_row(claim, definitions[claim], evidence.main, MEASURES[claim].of(evidence), unmeasured(evidence))
        for family in families
        for evidence in [Evidence(tables, family, defining, orders)]
        for claim in definitions
        if not MEASURES[claim].jointly and evidence.main in definitions[claim].get("datasets", [evidence.main])
    ]
    rows += [
        claim_row(claim, definition, ALL_DATASETS, MEASURES[claim].of(tables), NOT_RUN)
        for claim, definition in definitions.items()
        if MEASURES[claim].jointly
    ]
    return pd.DataFrame(rows, columns=list(CLAIMS))


NOT_RUN = "this study has no runs that tell"


def unmeasured(evidence: Evidence) -> str:
    """Why a claim on one dataset has no value, in words."""
    turns = "inversion" not in evidence.tables or evidence.reference["found"].any()
    return NOT_RUN if turns else "no run of the reference inverts"


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
        "source": definition["source"],
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
