"""How much of the variance of ε* (and t*) is due to dataset, optimiser and seed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .intervals import RESAMPLES


def variance_shares(cells: Mapping[tuple[int, int], np.ndarray]) -> dict[str, float]:
    """Shares of the sum of squares in a two-way layout with fixed factors; they add up to 1.

    ``cells`` maps (dataset, optimiser) to one value a seed, for every combination. Means are over
    cells, each counted once however many seeds it has, and so are the seeds' variances within.
    """
    rows, columns = (sorted({key[axis] for key in cells}) for axis in (0, 1))
    mean = np.array([[cells[row, column].mean() for column in columns] for row in rows])
    grand = mean.mean()
    by_row, by_column = mean.mean(1) - grand, mean.mean(0) - grand
    squares = {
        "dataset": (by_row**2).mean(),
        "optimizer": (by_column**2).mean(),
        "interaction": ((mean - grand - by_row[:, None] - by_column[None, :]) ** 2).mean(),
        "seed": np.mean([values.var() for values in cells.values()]),
    }
    total = sum(squares.values())
    return {name: float(value / total) if total > 0 else np.nan for name, value in squares.items()}


def complete_cells(inversions: pd.DataFrame, column: str) -> dict[tuple[str, str], np.ndarray]:
    """Values of ``column`` by (dataset, optimiser), for optimisers with two inverted runs on every dataset.

    ``inversions``: defining rows of the reference network, one a run. Datasets without inversions, or
    with runs of one optimiser only, are left out.
    """
    found = inversions[inversions["found"].astype(bool)]
    values = {key: rows[column].to_numpy(float) for key, rows in found.groupby(["dataset", "optimizer"])}
    compared = inversions.groupby("dataset")["optimizer"].nunique() > 1
    datasets = [name for name in sorted({key[0] for key in values}) if compared[name]]
    optimizers = [
        name
        for name in sorted({key[1] for key in values})
        if all(len(values.get((dataset, name), ())) > 1 for dataset in datasets)
    ]
    return {(d, o): values[d, o] for d in datasets for o in optimizers}


def variance_table(inversions: pd.DataFrame) -> pd.DataFrame:
    """The ``variance`` table: one row a quantity (ε*, log t*) and component, intervals over seeds.

    ``inversions``: defining rows of the reference network, one a run; optimisers that differ in the order of
    their mini-batches bear one name, so that the order counts with the seed. ``log t*`` because epochs of
    inversion differ by factors. With one dataset its share is 0.
    """
    logged = inversions.assign(log_epoch=np.log(inversions["epoch"].astype(float)))
    rows = []
    for quantity in ("train_error", "log_epoch"):
        cells = complete_cells(logged, quantity)
        if len({key[1] for key in cells}) < 2:
            continue
        rng = np.random.default_rng(0)
        draws = [
            variance_shares({key: rng.choice(values, len(values)) for key, values in cells.items()})
            for _ in range(RESAMPLES)
        ]
        for component, share in variance_shares(cells).items():
            low, high = np.percentile([draw[component] for draw in draws], [2.5, 97.5])
            rows.append(
                {
                    "quantity": quantity,
                    "component": component,
                    "share": share,
                    "ci_low": low,
                    "ci_high": high,
                    "n_datasets": len({key[0] for key in cells}),
                    "n_optimizers": len({key[1] for key in cells}),
                    "n_runs": sum(map(len, cells.values())),
                }
            )
    columns = ["quantity", "component", "share", "ci_low", "ci_high", "n_datasets", "n_optimizers", "n_runs"]
    return pd.DataFrame(rows, columns=columns)
