"""The ``tasks`` table: what each task of a study is like, and where its reference runs invert."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..sets.stragglers import CONSENSUS_RATE, straggler_rate
from ..support.columns import TASKS
from ..support.intervals import jackknife
from .measured import inverted_errors

LEAST_SHARE = 0.5
"""Share of a task's runs, which must be exceeded, that invert where the task counts as one that does."""


def nature_of(name: str, data: str, task: str | Mapping[str, Any]) -> dict[str, str]:
    """Columns of the table: what a task and its data are called, its ``kind``, and the ``classes`` that it is about.

    Of a pair both classes, of one against the rest that one; of other groups all, as they are divided.
    """
    match task:
        case {"pair": [a, b]}:
            kind, classes = "pair", f"{a}+{b}"
        case {"one_vs_rest": c}:
            kind, classes = "one_vs_rest", str(c)
        case {"groups": groups}:
            kind, classes = "groups", " against ".join("+".join(map(str, group)) for group in groups)
        case _:
            kind, classes = "groups", str(task)
    return {"name": name, "data": data, "kind": kind, "classes": classes}


def task_row(
    address: Mapping[str, Any],
    nature: Mapping[str, str],
    predictors: Mapping[str, float],
    inversions: pd.DataFrame,
    sets: np.ndarray,
) -> pd.DataFrame:
    """One row of the table.

    ``address``: the address columns; ``nature``: as :func:`nature_of` gives it;
    ``predictors``: as :func:`.predictors.predictors` gives them; ``inversions``: one row a run, the defining ones;
    ``sets``: S(t*) of the runs that inverted, booleans (runs, P). ε* and φ_c are null unless most runs invert.
    """
    errors = inverted_errors(inversions)
    inverts = len(errors) > LEAST_SHARE * len(inversions)
    eps_star = jackknife([errors if inverts else errors[:0]], np.mean)
    row = {
        **address,
        **nature,
        **predictors,
        "n_runs": len(inversions),
        "n_inverted": len(errors),
        "inverts": inverts,
        "t_star": inversions.loc[inversions["found"], "epoch"].astype(float).mean() if inverts else np.nan,
        "eps_star": eps_star.value,
        "ci_low": eps_star.low,
        "ci_high": eps_star.high,
        "phi_c": float((straggler_rate(sets) >= CONSENSUS_RATE).mean()) if inverts else np.nan,
    }
    return pd.DataFrame([row], columns=list(TASKS))


def tasks_table(rows: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The table of all tasks, in the order of the study."""
    return pd.concat(rows, ignore_index=True)


def units_of(tasks: pd.DataFrame) -> list[frozenset[str]]:
    """What each task is about, as the units that intervals leave out one by one: its classes, or its division of them.

    Tasks of a class, of whatever number of points and with whatever flips, go together.
    """
    return [
        frozenset(f"{row.data} {part}" for part in (row.classes.split("+") if row.kind == "pair" else [row.classes]))
        for row in tasks.itertuples()
    ]


def alike(tasks: pd.DataFrame) -> np.ndarray:
    """Which tasks share a class, booleans (tasks, tasks).

    Two pairs of the same data may share none. All other tasks have every class of their data.
    """
    classes = [set(row.classes.split("+")) if row.kind == "pair" else None for row in tasks.itertuples()]
    same = tasks["data"].to_numpy()[:, None] == tasks["data"].to_numpy()
    sharing = np.array([[a is None or b is None or not a.isdisjoint(b) for b in classes] for a in classes], bool)
    return same & sharing.reshape(same.shape)
