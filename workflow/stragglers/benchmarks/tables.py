"""Time and memory in which the ``dynamics`` table of a large study is put together and read."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ..figures.fig1_dynamics import EPOCHS_DRAWN
from ..geometry.manifolds import dynamics
from ..geometry.observables import OBSERVABLES
from ..page.curves import EPOCHS as EPOCHS_OF_PAGE
from ..page.curves import RUN
from ..study.cell import REFERENCE
from ..support.sealed import read_table, write_table
from ..tables.parts import combine
from ..tables.rows import read
from ..training.trajectory import logarithmic_epochs

RUNS_OF_BLOCK, BLOCKS_OF_DATASET = 20, 10


def write_parts(folder: Path, n_runs: int, epochs: int) -> list[str]:
    """Tables of blocks of runs, as their own jobs leave them, of numbers drawn at random."""
    rng = np.random.default_rng(0)
    files = []
    for block in range(n_runs // RUNS_OF_BLOCK):
        shape = epochs + 1, RUNS_OF_BLOCK
        scalars = {name: rng.random(shape, np.float32) for name in ("loss", "train_error", "test_error")}
        trajectory = SimpleNamespace(
            **scalars,
            gram=rng.random((*shape, 1, 2, 2)) / 4,
            zeros=np.zeros((*shape, 1, 2), np.float32),
            layers=["1"],
            groups=["0", "1"],
            runs=pd.DataFrame({"seed": range(RUNS_OF_BLOCK), "removed": "none", "draw": 0}),
        )
        number, other = divmod(block, BLOCKS_OF_DATASET)
        address = {"source": "MNIST", "task": "parity", "subset": "first 8192"}
        cell = REFERENCE | ({"optimizer": f"other_{other}"} if other else {})
        table = dynamics(trajectory, {"dataset": f"mnist_{number}", **address, **cell}, OBSERVABLES)
        write_table(table, file := folder / f"{block}.parquet")
        files.append(str(file))
    return files


def drawn(file: str, epochs: int) -> pd.DataFrame:
    """What Figure 1 reads."""
    where = {"dataset": "mnist_0", **REFERENCE, "removed": "none", "layer": [1]}
    at = logarithmic_epochs(epochs, EPOCHS_DRAWN).tolist()
    return read(file, ["seed", "epoch", "train_error", *(each.column for each in OBSERVABLES)], epoch=at, **where)


def shown(file: str, epochs: int) -> pd.DataFrame:
    """What the page of a study reads."""
    columns = [*RUN, "epoch", "train_error", "test_error", *(each.column for each in OBSERVABLES)]
    return read(file, columns, epoch=logarithmic_epochs(epochs, EPOCHS_OF_PAGE).tolist())


def table_costs(folder: Path, n_runs: int, epochs: int) -> Iterator[dict[str, Any]]:
    """One row a step: seconds, and the peak memory of the process that did nothing else."""
    files, table = write_parts(folder, n_runs, epochs), str(folder / "dynamics.parquet")
    steps = {
        "put together": (combine, (files, table)),
        "read for Figure 1": (drawn, (table, epochs)),
        "read for the page": (shown, (table, epochs)),
        "read whole": (read_table, (table,)),
    }
    for step, (function, arguments) in steps.items():
        seconds, peak = alone(function, *arguments)
        yield {
            "runs": n_runs,
            "epochs": epochs,
            "rows": pq.read_metadata(table).num_rows,
            "file_mb": Path(table).stat().st_size / 1e6,
            "step": step,
            "seconds": seconds,
            "peak_memory_gb": peak / 1e9,
        }


def alone(function: Callable, *arguments: Any) -> tuple[float, float]:
    """Seconds, and bytes at the peak, of a call in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (function, arguments))


def _measured(function: Callable, arguments: tuple) -> tuple[float, float]:
    start = time.perf_counter()
    function(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return time.perf_counter() - start, peak
