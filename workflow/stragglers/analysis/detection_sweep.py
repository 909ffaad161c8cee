"""How far inversions and stragglers move with the settings of the rule that finds them, in every cell of a study."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pandas as pd

from ..geometry.inversion import defining_inversions, inversions
from ..geometry.manifolds import INVERTING, R_PLUS, R
from ..sets.stragglers import consensus_table, straggler_sets
from ..spec.specification import Defining, Detection
from ..support.columns import ADDRESS, DETECTION
from ..support.intervals import jackknife
from ..training.trajectory import Trajectory

VALUES: dict[str, tuple[float, ...]] = {
    "smoothing": (1, 3, 5, 9, 15, 25),
    "burn_in": (0, 2, 5, 10, 20),
    "prominence": (0.0005, 0.002, 0.005, 0.02, 0.05),
    "noise": (3, 6, 12, 24, 48),
}
"""Setting of :class:`.Detection` -> the values that it takes; the study's own joins them."""


def variants(detection: Detection, defining: Defining) -> Iterator[tuple[str, str, bool, Detection, Defining]]:
    """Setting, value, whether that is the study's own, and what to detect with: one setting changed at a time."""
    for setting, values in VALUES.items():
        own = getattr(detection, setting)
        for value in sorted({*values, own}):
            yield setting, f"{value:g}", value == own, replace(detection, **{setting: value}), defining
    for name in (observable.name for observable in INVERTING):
        yield "observable", name, name == defining.observable, detection, replace(defining, observable=name)


def detection_table(
    dynamics: Iterable[pd.DataFrame],
    trajectories: Iterable[Trajectory | None],
    detection: Detection,
    defining: Defining,
) -> pd.DataFrame:
    """The ``detection`` table: one row a cell (dataset, network, optimiser) and value of a setting, over its runs.

    ``dynamics``: observables of blocks of runs, those of a cell one after another, and one cell's are held at a time;
    ``trajectories``: for each its trajectory where φ_c is asked for, else None; ``detection`` and ``defining`` are the
    study's settings. ``value`` is text, as one setting is a name; ``own`` marks the study's. ``epoch`` is the mean t*,
    ``eps_star`` the mean ε*, ``phi_c`` the consensus fraction, each over the runs that invert, with 95 % intervals.
    Runs that diverged do not count.
    """
    rows = []
    for _, blocks in groupby(zip(dynamics, trajectories, strict=True), _cell):
        tables, sets = zip(*blocks, strict=True)
        rows += sweep(tables, None if None in sets else sets, detection, defining)
    return pd.DataFrame(rows, columns=list(DETECTION)).astype({"own": bool})


def _cell(block: tuple[pd.DataFrame, Trajectory | None]) -> tuple[str, ...]:
    return tuple(block[0][["dataset", "network", "optimizer"]].iloc[0])


def sweep(
    dynamics: Sequence[pd.DataFrame],
    trajectories: Sequence[Trajectory] | None,
    detection: Detection,
    defining: Defining,
) -> Iterator[dict]:
    """Rows of the table for the blocks of one cell; without ``trajectories`` φ_c is null."""
    found: dict[Detection, list[pd.DataFrame]] = {}
    for setting, value, own, varied, defined in variants(detection, defining):
        # The study's own values come up once for every setting.
        if varied not in found:
            found[varied] = [inversions(block, varied) for block in dynamics]
        runs = pd.concat([defining_inversions(table, defined) for table in found[varied]])
        of_two = any(table["observable"].eq(R_PLUS.name).any() for table in found[varied])
        if runs.empty or (of_two and setting == "observable" and value == R.name and not own):
            # An observable of two groups where there are more, or what R± of two groups say already.
            continue
        address = {name: runs[name].iloc[0] for name in ADDRESS}
        runs = runs[runs["diverged_at"].isna()]
        inverted = runs[runs["found"]]
        eps_star = jackknife([inverted["train_error"].to_numpy(float)], np.mean)
        row = {
            **address,
            "setting": setting,
            "value": value,
            "own": own,
            "n_runs": len(runs),
            "n_inverted": len(inverted),
            "epoch": np.mean(inverted["epoch"].to_numpy(float)) if len(inverted) else np.nan,
            "eps_star": eps_star.value,
            "ci_low": eps_star.low,
            "ci_high": eps_star.high,
        }
        if trajectories is not None:
            stragglers = straggler_sets(trajectories, found[varied], defined)
            consensus = consensus_table(stragglers, address).set_index("kind").loc["consensus"]
            row |= {
                "phi_c": consensus["fraction"],
                "phi_c_low": consensus["ci_low"],
                "phi_c_high": consensus["ci_high"],
            }
        yield row
