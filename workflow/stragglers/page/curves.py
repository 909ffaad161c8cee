"""Observables and errors of single runs, few enough epochs and runs of them that a page can hold all of a study's."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..figures.style import OBSERVABLES, REMOVALS, shown
from ..support.numbers import rounded
from ..tables.rows import defining_by_network, read
from ..tables.subject import Subject
from ..training.trajectory import logarithmic_epochs

EPOCHS = 60
"""Epochs of a curve, about, evenly spaced in their logarithm."""
RUNS = 20
"""Runs shown of each choice; the tables have all."""

CELL = ["dataset", "network", "optimizer", "removed"]
RUN = [*CELL, "layer", "seed", "draw"]


def last_epochs(dynamics: str) -> list[int]:
    """Epochs at which runs end, given the file of their table: one, unless they train until something is decided."""
    ends = read(dynamics, [*CELL, "epoch"]).groupby(CELL, observed=True)["epoch"].max()
    return sorted({*ends.tolist()})


def curve_epochs(ends: list[int], test_every: int) -> list[int]:
    """Epochs to show, those among them at which runs end; later ones are such at which the test error was measured."""
    grid = logarithmic_epochs(ends[-1], EPOCHS)
    tested = np.minimum(np.round(grid / test_every).astype(int) * test_every, ends[-1])
    # Where two neighbours would become one, the curve would lose its early epochs.
    return np.union1d(np.where(grid >= 10 * test_every, tested, grid), ends).tolist()


def read_curves(files: Mapping[str, str], subject: Subject, epochs: list[int]) -> pd.DataFrame:
    """Rows of ``dynamics`` at the defining layer and ``epochs``, with epoch and error of each run's inversion."""
    columns = [*RUN, "observable", "found", "epoch", "train_error"]
    inversion = defining_by_network(read(files["inversion"], columns, class_a=None), subject.defining)
    at = inversion[inversion["observable"] == subject.defining.observable]
    at = at.rename(columns={"epoch": "epoch_star", "train_error": "error_star"}).drop(columns="observable")
    dynamics = read(files["dynamics"], [*RUN, "epoch", "train_error", "test_error", *OBSERVABLES], epoch=epochs)
    return dynamics.merge(at, on=RUN)


def choices(curves: pd.DataFrame, epochs: list[int]) -> list[dict[str, Any]]:
    """What can be chosen to be drawn: dataset, network, optimiser, what was removed, and its runs."""
    return [
        {**dict(zip(CELL, key, strict=True)), "left_out": left_out(rows), "runs": [*runs(rows, epochs)]}
        for key, rows in curves.groupby(CELL, sort=False, observed=True)
    ]


def left_out(rows: pd.DataFrame) -> int:
    """Runs of a choice that are not shown."""
    return max(rows[["seed", "draw"]].drop_duplicates().shape[0] - RUNS, 0)


def runs(rows: pd.DataFrame, epochs: list[int]) -> Iterator[dict[str, Any]]:
    """The first :data:`RUNS` runs of a choice: what to call each, its inversion, its columns at ``epochs``."""
    columns = ["train_error", "test_error", *shown(rows)]
    many_draws = rows["draw"].nunique() > 1
    for (seed, draw), run in list(rows.groupby(["seed", "draw"]))[:RUNS]:
        run = run.drop_duplicates("epoch").set_index("epoch").reindex(epochs)
        found = run.loc[run["found"].fillna(False).astype(bool), ["epoch_star", "error_star"]]
        yield {
            "run": f"seed {seed}, draw {draw}" if many_draws else f"seed {seed}",
            "star": rounded(found.iloc[0]) if len(found) else None,
            "values": {column: rounded(run[column]) for column in columns},
        }


def observables(shown: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """The observables of any of :func:`choices`: column -> symbol, colour."""
    columns = {column for choice in shown for run in choice["runs"] for column in run["values"]}
    return {name: of for name, of in OBSERVABLES.items() if name in columns}


def removal_names(curves: pd.DataFrame) -> dict[str, str]:
    """What the tables' ``removed`` says -> name."""
    return {key: REMOVALS[key][0] if key in REMOVALS else key for key in curves["removed"].unique()}
