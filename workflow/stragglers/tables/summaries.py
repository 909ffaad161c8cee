"""Tables of runs summed up over runs, for reading."""

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
