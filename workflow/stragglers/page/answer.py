"""What a study says of a dataset in a few sentences with its own numbers, and its verdicts at a glance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..analysis.claims import ALL_DATASETS
from ..analysis.evidence import Evidence
from ..analysis.measured import diverged
from ..analysis.removal import final_error, retrained
from ..analysis.stability import consensus_fraction, straggler_fraction
from ..figures.captions import percent, percent_and_interval
from ..figures.style import OBSERVABLES
from ..sets.stragglers import CONSENSUS_RATE
from ..tables.pages import SIGNS, SOURCES, estimate_text

TRY = "More epochs, another learning rate, more points than features or another task may show one."


SUSPECTS = 10
"""Samples that stand in the first lines."""


def lead(listing: pd.DataFrame) -> dict[str, Any]:
    """Which samples are stragglers: a sentence, and the first rows of the list of samples, texts by its heads."""
    rate, n_runs = listing["straggler_rate"].to_numpy(float), int(listing["n_runs"].max())
    if n_runs:
        sentence = (
            f"{(rate >= CONSENSUS_RATE).sum()} of {len(listing)} training samples are stragglers: at least half of "
            f"the {n_runs} runs with an inversion still get them wrong there. If labels are wrong, look here first."
        )
    else:
        sentence = (
            f"None of the {len(listing)} training samples is a straggler, since no run has an inversion. The list has "
            "them all the same, by how late the runs learn them."
        )
    first = listing.dropna(axis=1, how="all").head(SUSPECTS)
    shown = {
        head: [text(value) for value in first[column]] for column, (head, text) in SUSPECT.items() if column in first
    }
    return {
        "sentence": sentence,
        "heads": [*shown],
        "rows": [*zip(*shown.values(), strict=True)],
    }


def epoch_text(epoch: float) -> str:
    return "never" if pd.isna(epoch) else f"epoch {epoch:.0f}"


SUSPECT = {
    "file": ("file", str),
    "row": ("row", str),
    "class": ("class", str),
    "suggested_class": ("runs say", str),
    "straggler_rate": ("wrong at the inversion", lambda rate: f"{100 * rate:.0f} % of runs"),
    "learned_at": ("learned at", epoch_text),
}
"""Column of the list of samples -> its head in the first lines, and how a value is put there."""


def answer(evidence: Evidence, observable: str, epochs: int, n_samples: int, final: pd.Series | None) -> list[str]:
    """Sentences about one main dataset.

    ``observable``: the one that defines the inversion; ``n_samples``: P; ``final``: means over the reference runs at
    the last epoch, as ``dynamics`` calls them, or None without such runs.
    """
    runs = evidence.reference[evidence.reference["diverged_at"].isna()]
    if runs.empty:
        return ["This study has no finished runs of the reference network here.", diverged_in_words(evidence)]
    at = runs[runs["found"]]
    symbol, _ = OBSERVABLES[observable]
    if at.empty:
        return [*nothing_inverts(len(runs), symbol, epochs), *at_the_end(final), TRY, diverged_in_words(evidence)]
    return [
        f"In {len(at)} of {len(runs)} runs of the reference network the manifolds of the classes first segregate, then "
        f"turn back: {symbol} has an inversion.",
        f"It comes at a training error ε* of {percent_and_interval(straggler_fraction(evidence).estimate)}, after "
        f"{at['epoch'].astype(float).median():.0f} of {epochs} epochs; the points still misclassified there are the "
        "stragglers of a run.",
        shared(evidence, n_samples),
        *removal(evidence),
        diverged_in_words(evidence),
    ]


def nothing_inverts(n_runs: int, symbol: str, epochs: int) -> list[str]:
    return [
        f"None of the {n_runs} runs of the reference network has an inversion within {epochs} epochs: {symbol} never "
        "turns back for good. So there are no stragglers, which is a result, too."
    ]


def at_the_end(final: pd.Series | None) -> list[str]:
    """How far training came."""
    if final is None or not np.isfinite(final["train_error"]):
        return []
    return [
        f"At the end the training error is {percent(final['train_error'])} and the centres of the classes are "
        f"{final['D']:.2f} apart (at most 2)."
    ]


def shared(evidence: Evidence, n_samples: int) -> str:
    """How many stragglers are those of most runs."""
    estimate = consensus_fraction(evidence).estimate
    if np.isnan(estimate.value):
        return ""
    return (
        f"{round(estimate.value * n_samples)} of {n_samples} points, φ_c = {percent_and_interval(estimate)}, are "
        "stragglers in at least half of these runs."
    )


def removal(evidence: Evidence) -> list[str]:
    """What training without the stragglers, and without as many random points, does."""
    without, _ = retrained(evidence, "stragglers")
    if without.empty:
        return ["What happens without the stragglers was not tried."]
    chance, _ = retrained(evidence, "random")
    errors = {name: mean_error(evidence, name) for name in ("none", "stragglers", "random")}
    beside = f", of {len(chance)} without as many random points {still(chance)}" if len(chance) else ""
    test = f"The test error is {errors['none']} with all points, {errors['stragglers']} without the stragglers"
    return [
        f"Of {len(without)} runs trained again without their stragglers {still(without)} an inversion{beside}.",
        test + (f" and {errors['random']} without random points." if len(chance) else "."),
    ]


def still(rows: pd.DataFrame) -> str:
    count = int(rows["inversion_found"].sum())
    return f"{count or 'none'} {'has' if count <= 1 else 'have'}"


def mean_error(evidence: Evidence, removed: str) -> str:
    clean = evidence.ablation[evidence.ablation["sigma"] == 0]
    error = final_error(clean, removed).value
    return "unknown" if np.isnan(error) else percent(error)


def diverged_in_words(evidence: Evidence) -> str:
    note = diverged({"the reference": evidence.reference})
    return f"{note[0].upper()}{note[1:]}." if note else ""


def verdicts(claims: pd.DataFrame, titles: Mapping[str, str]) -> dict[str, Any]:
    """The ``claims`` table as a grid: ``columns``, titles of datasets, and ``rows``, a claim each with its cells."""
    order = dict.fromkeys(claims["dataset"])
    names = [name for name in order if name != ALL_DATASETS]
    rows = [
        {
            "statement": of_claim["statement"].iloc[0],
            "source": SOURCES[of_claim["source"].iloc[0]],
            "figure": of_claim["figure"].iloc[0],
            "cells": cells_of(of_claim, names),
        }
        for _, of_claim in claims.groupby("claim", sort=False)
    ]
    return {"columns": [titles[name] for name in names], "rows": rows, "counts": counts(claims)}


def cells_of(of_claim: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """A cell a dataset, or one that spans all."""
    by_name = {row["dataset"]: row for row in of_claim.to_dict("records")}
    if ALL_DATASETS in by_name:
        return [{"span": max(len(names), 1), **cell(by_name[ALL_DATASETS])}]
    return [{"span": 1, **(cell(by_name[name]) if name in by_name else {"sign": ""})} for name in names]


def cell(row: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict, and what a click on it tells."""
    told = not np.isnan(row["value"])
    estimate = estimate_text(row["value"], row["ci_low"], row["ci_high"])
    details = {
        "statistic": row["statistic"],
        "value [95 %]": f"{estimate}, n = {row['n_runs']}" if told else "none",
        "threshold": row["threshold"],
        "why this threshold": row["reason"],
        "note": row["note"],
    }
    return {
        "sign": SIGNS[row["verdict"]] if told else "–",
        "verdict": row["verdict"] if told else "no value",
        "value": f"{row['value']:.3g}" if told else "",
        "details": {key: value for key, value in details.items() if value},
    }


def counts(claims: pd.DataFrame) -> dict[str, int]:
    """Verdict -> how many, of the claims that have a value."""
    found = claims.loc[claims["value"].notna(), "verdict"].value_counts()
    return {verdict: int(found.get(verdict, 0)) for verdict in SIGNS}


def final_state(dynamics: pd.DataFrame) -> pd.Series | None:
    """Means over runs at the last epoch of rows of ``dynamics``."""
    last = dynamics[dynamics["epoch"] == dynamics["epoch"].max()]
    return None if last.empty else last[["train_error", "D"]].mean()
