"""Tables of runs summed up over runs, for reading."""

from itertools import product

import pandas as pd

from ..support.errors import InputError

CELL = ["dataset", "network", "layer", "optimizer"]


def inversion_summary(inversion: pd.DataFrame) -> pd.DataFrame:
    """ε*, t* and the share of runs that invert, by cell, observable, group or pair of groups, and what was removed."""
    by = [*CELL, "removed", "observable", "class_a", "class_b"]
    if missing := {*by} - {*inversion}:
        raise InputError(
            f"a table inversion has no {', '.join(sorted(missing))}: it is of an older version (run it again)"
        )
    groups = inversion.groupby(by, sort=False, observed=True, dropna=False)
    return groups.agg(
        n_runs=("found", "size"),
        n_inverted=("found", "sum"),
        epoch_mean=("epoch", "mean"),
        epoch_sd=("epoch", "std"),
        train_error_mean=("train_error", "mean"),
        train_error_sd=("train_error", "std"),
    ).reset_index()


def ablation_summary(ablation: pd.DataFrame) -> pd.DataFrame:
    """Test error and share of runs that invert, by cell, kind and number of the removal, and noise."""
    kinds = ablation.assign(number=ablation["draw"].where(~ablation["removed"].isin(["random", "uniform"]), 0))
    groups = kinds.groupby([*CELL, "removed", "number", "sigma"], sort=False, observed=True)
    return groups.agg(
        n_runs=("seed", "size"),
        removed_fraction=("removed_fraction", "mean"),
        removed_error=("removed_error", "mean"),
        test_error_mean=("test_error", "mean"),
        test_error_sd=("test_error", "std"),
        share_inverted=("inversion_found", "mean"),
    ).reset_index()


FIRST = (0, 1, 2, 4)
"""Epochs from which on a ledger is held against the change of D."""
MULTIPLES = (0.25, 0.5, 2, 4)
"""Of t*, at which both sides of a ledger are looked at."""


def ledger_summary(ledger: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Tables ``ledger`` and ``ledger_runs`` of runs on all points: mean, least and largest over runs, by dataset.

    How the ledger correlates with the change of D from some epoch on; both in the first step; and what stragglers and
    others add at some multiples of t* over what they add at t*, of runs that invert and train so long.
    """
    rows = []
    t_star = runs[runs["removed"] == "none"].set_index(["dataset", "seed"])["epoch"]
    for (dataset, seed), run in ledger[ledger["removed"] == "none"].groupby(["dataset", "seed"], sort=False):
        run = run.set_index("epoch")
        total = run["stragglers"] + run["others"]
        found = {f"correlation from epoch {first}": run["change"][first:].corr(total[first:]) for first in FIRST}
        found |= {"change in the first step": run["change"].iloc[0], "ledger of the first step": total.iloc[0]}
        if pd.notna(at := t_star[dataset, seed]):
            for multiple, side in product(MULTIPLES, ("stragglers", "others")):
                if (epoch := round(multiple * at)) in run.index:
                    found[f"{side} at {multiple:g} t*"] = run.loc[epoch, side] / run.loc[at, side]
        rows += [(dataset, quantity, value) for quantity, value in found.items()]
    table = pd.DataFrame(rows, columns=["dataset", "quantity", "value"])
    groups = table.groupby(["dataset", "quantity"], sort=False)["value"]
    return groups.agg(n_runs="size", mean="mean", least="min", largest="max").reset_index()
