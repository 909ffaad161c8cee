"""How much of the variance of ε* (and t*) is due to dataset, optimiser and seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..geometry.inversion import defining_inversions
from ..study.cell import REFERENCE
from ..support.columns import VARIANCE
from ..support.intervals import LEAST_RUNS, Estimate, jackknife
from ..tables.rows import read
from ..tables.subject import Subject

COMPONENTS = ("dataset", "optimizer", "interaction", "seed")
"""What the variance of a quantity is due to."""


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    inversion = read(
        files["inversion"],
        ["dataset", "layer", "optimizer", "observable", "found", "epoch", "train_error"],
        dataset=[family[0] for family in subject.families],
        network=REFERENCE["network"],
        removed="none",
        class_a=None,
    )
    inversion = defining_inversions(inversion, subject.defining)
    return variance_table(inversion.assign(optimizer=inversion["optimizer"].map(subject.orders)))


def variance_components(cells: Mapping[tuple[str, str], np.ndarray]) -> np.ndarray:
    """Unbiased components of variance, :data:`COMPONENTS`, in a two-way layout with fixed factors.

    ``cells`` maps (dataset, optimiser) to one value a seed, at least two, for every combination. Means are over
    cells, each counted once however many seeds it has, and so are the seeds' variances within. What the seeds add
    to the squares of means is subtracted, as ω² does, so that a component may be negative where there is none.
    """
    rows, columns = (sorted({key[axis] for key in cells}) for axis in (0, 1))
    mean = np.array([[cells[row, column].mean() for column in columns] for row in rows])
    within = np.array([values.var(ddof=1) for values in cells.values()])
    of_mean = np.mean(within / [len(values) for values in cells.values()])
    grand = mean.mean()
    by_row, by_column = mean.mean(1) - grand, mean.mean(0) - grand
    squares = [by_row**2, by_column**2, (mean - grand - by_row[:, None] - by_column[None, :]) ** 2]
    freedom = np.array([len(rows) - 1, len(columns) - 1, (len(rows) - 1) * (len(columns) - 1)])
    factors = np.array([square.mean() for square in squares]) - of_mean * freedom / mean.size
    return np.array([*factors, within.mean()])


def variance_shares(cells: Mapping[tuple[str, str], np.ndarray]) -> dict[str, Estimate]:
    """Shares of the variance by component; those below 0 count as 0, so that the others add up to 1.

    Intervals over seeds, from the shares before that and cut at 0 and 1. They hold the shares of a layout of 4 x 5
    cells in 94 to 97 of 100 cases; more often where a share is 0 or 1, where none can miss on one side; less often
    (.8) the share of an interaction in 2 x 2 cells that hardly exceeds what seeds make of nothing.
    """
    keys = list(cells)

    def shares(*values: np.ndarray) -> np.ndarray:
        components = variance_components(dict(zip(keys, values, strict=True)))
        return components / components.sum()

    components = np.clip(variance_components(cells), 0, None)
    total = components.sum()
    values = components / total if total > 0 else np.full(len(COMPONENTS), np.nan)
    _, low, high = jackknife([*cells.values()], shares)
    bounds = np.clip([low, high], 0, 1)
    return {name: Estimate(*parts) for name, *parts in zip(COMPONENTS, values.tolist(), *bounds.tolist(), strict=True)}


def complete_cells(inversions: pd.DataFrame, column: str) -> dict[tuple[str, str], np.ndarray]:
    """Values of ``column`` by (dataset, optimiser), for optimisers with enough inverted runs on every dataset.

    ``inversions``: defining rows of the reference network, one a run. Enough are :data:`.LEAST_RUNS`. Datasets
    without inversions, or with runs of one optimiser only, are left out.
    """
    found = inversions[inversions["found"].astype(bool)]
    values = {key: rows[column].to_numpy(float) for key, rows in found.groupby(["dataset", "optimizer"])}
    compared = inversions.groupby("dataset")["optimizer"].nunique() > 1
    datasets = [name for name in sorted({key[0] for key in values}) if compared[name]]
    optimizers = [
        name
        for name in sorted({key[1] for key in values})
        if all(len(values.get((dataset, name), ())) >= LEAST_RUNS for dataset in datasets)
    ]
    return {(d, o): values[d, o] for d in datasets for o in optimizers}


def variance_table(inversions: pd.DataFrame) -> pd.DataFrame:
    """The ``variance`` table: one row a quantity (ε*, log t*) and component, intervals over seeds.

    ``inversions``: defining rows of the reference network, one a run; optimisers that differ in the order of
    their mini-batches bear one name, so that the order counts with the seed. ``log t*`` because epochs of
    inversion differ by factors. With one dataset its share is 0. ``left_out``: optimisers that some dataset lacks
    enough inverted runs of, comma-separated.
    """
    logged = inversions.assign(log_epoch=np.log(inversions["epoch"].astype(float)))
    rows = []
    for quantity in ("train_error", "log_epoch"):
        cells = complete_cells(logged, quantity)
        kept = {optimizer for _, optimizer in cells}
        if len(kept) < 2:
            continue
        for component, (share, low, high) in variance_shares(cells).items():
            rows.append(
                {
                    "quantity": quantity,
                    "component": component,
                    "share": share,
                    "ci_low": low,
                    "ci_high": high,
                    "n_datasets": len({dataset for dataset, _ in cells}),
                    "n_optimizers": len(kept),
                    "n_runs": sum(map(len, cells.values())),
                    "left_out": ", ".join(sorted(set(inversions["optimizer"]) - kept)),
                }
            )
    return pd.DataFrame(rows, columns=list(VARIANCE))
