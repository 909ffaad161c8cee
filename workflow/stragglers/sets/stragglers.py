"""Stragglers: the points misclassified at a run's inversion, and those that most runs share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ..data.datasets import Dataset
from ..geometry.inversion import defining_inversions
from ..geometry.manifolds import radii_of
from ..spec.specification import Defining
from ..support.columns import ADDRESS, CONSENSUS, NESTED, STRAGGLERS
from ..support.intervals import CONFIDENCE, LEAST_RUNS, MISSING, Estimate
from ..support.sealed import read_arrays, write_arrays
from ..training.trajectory import Trajectory

CONSENSUS_RATE = 0.5

CONSENSUS_RESAMPLES = 200


@dataclass(frozen=True)
class StragglerSets:
    """S(t*) of the runs that inverted: ``seeds`` (n,), ``sets`` booleans (n, P)."""

    seeds: np.ndarray
    sets: np.ndarray

    def save(self, path: str) -> None:
        packed = np.packbits(self.sets, axis=1)
        write_arrays({"seeds": self.seeds, "sets": packed, "n_samples": self.sets.shape[1]}, path)

    @classmethod
    def load(cls, path: str) -> "StragglerSets":
        stored = read_arrays(path)
        return cls(stored["seeds"], np.unpackbits(stored["sets"], axis=1, count=int(stored["n_samples"])).view(bool))


def straggler_sets(
    trajectories: Sequence[Trajectory], inversions: Sequence[pd.DataFrame], defining: Defining
) -> StragglerSets:
    """S(t*) of every run of the blocks that has the inversion which ``defining`` names."""
    seeds, sets = [], []
    for trajectory, table in zip(trajectories, inversions, strict=True):
        found = defining_inversions(table, defining).query("found")
        seeds.append(found["seed"].to_numpy(int))
        sets.append(trajectory.sets(found["epoch"].to_numpy(int), found["run"].to_numpy(int)))
    return StragglerSets(np.concatenate(seeds), np.concatenate(sets))


def straggler_rate(sets: np.ndarray) -> np.ndarray:
    """Share of the runs (rows of booleans (runs, P)) whose S(t*) holds each point; NaN without runs."""
    return sets.mean(axis=0) if len(sets) else np.full(sets.shape[1], np.nan)


def own_straggler_sets(
    trajectories: Sequence[Trajectory], inversions: Sequence[pd.DataFrame], defining: Defining, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Seeds of all runs of the blocks (n,), and whether each misclassifies each point when the point's *own* group's
    radius turns, (n, P): 1, 0, or NaN for points of a group that does not turn in that run.

    ``group`` (P,) is the number of each point's group.
    """
    seeds, wrong = [], []
    for trajectory, table in zip(trajectories, inversions, strict=True):
        of_block = np.full((len(trajectory.runs), len(group)), np.nan, np.float32)
        for number, observable in enumerate(radii_of(trajectory.groups)):
            turned = defining_inversions(table, defining, observable).query("found")
            runs, members = turned["run"].to_numpy(int), np.flatnonzero(group == number)
            sets = trajectory.sets(turned["epoch"].to_numpy(int), runs)
            of_block[np.ix_(runs, members)] = sets[:, members]
        seeds.append(trajectory.runs["seed"].to_numpy(int))
        wrong.append(of_block)
    return np.concatenate(seeds), np.concatenate(wrong)


def own_straggler_rate(wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point (P,): share of runs that misclassify it when its own group's radius turns, and of how many runs.

    ``wrong`` (n, P): those of :func:`own_straggler_sets`. NaN for a group that turns in no run.
    """
    n_runs = np.isfinite(wrong).sum(axis=0)
    total = np.nansum(wrong, axis=0, dtype=float)
    return np.divide(total, n_runs, out=np.full(len(n_runs), np.nan), where=n_runs > 0), n_runs


def cell_address(inversions: pd.DataFrame, defining: Defining) -> dict[str, Any]:
    """The address columns of a cell, given the inversions of one of its blocks."""
    return defining_inversions(inversions, defining).iloc[0][[*ADDRESS]].to_dict()


def straggler_table(
    sets: StragglerSets, own: tuple[np.ndarray, np.ndarray], dataset: Dataset, address: Mapping[str, Any]
) -> pd.DataFrame:
    """The ``stragglers`` table of a cell: one row a training point.

    ``consensus``: rate of at least 0.5; ``strict``: in S(t*) of every run that inverted. ``own_rate`` and ``own_runs``
    are those of :func:`own_straggler_rate`, given as ``own``.
    """
    rate = straggler_rate(sets.sets)
    return pd.DataFrame(
        {
            **address,
            "sample_id": dataset.sample_id,
            "class": dataset.class_train,
            "label": dataset.label_train,
            "n_runs": len(sets.sets),
            "straggler_rate": rate,
            "consensus": rate >= CONSENSUS_RATE,
            "strict": rate == 1,
            "own_rate": own[0],
            "own_runs": own[1],
        },
        columns=list(STRAGGLERS),
    )


def consensus_fraction(sets: np.ndarray) -> Estimate:
    """φ_c of runs, booleans (runs, P), with an interval for that of endlessly many runs.

    φ_c counts a rate of exactly a half, which an even number of runs may give, and of few runs some points pass that
    would not of many: it errs upwards, by a tenth at n = 2 on the digits. The interval is Student's about φ_c with
    points at exactly a half counting half; the bias that resampled runs show counts as an error beside their spread.
    Where φ_c lies outside, the interval reaches as far.

    The variance between resampled runs is that of majorities about their means. On which side of those means the
    points' true majorities lie is chance, too: where many points lie evenly around a half, their own share of the
    variance is ∫E(v - 1(x > 0))² dx = 2∫₀^∞ Φ(-x) dx, v being the majority, instead of ∫Φ(x)Φ(-x) dx: √2 times as much.
    The interval holds the truth in 99 of 100 simulated cases of 5 runs, 97 to 98 of 10, 95 to 97 of 20.
    """
    n_runs = len(sets)
    if not n_runs:
        return MISSING
    value = float((straggler_rate(sets) >= CONSENSUS_RATE).mean())
    if n_runs < LEAST_RUNS:
        return Estimate(value, np.nan, np.nan)

    def majorities(counts: np.ndarray) -> np.ndarray:
        rate = counts.astype(np.float32) @ sets.astype(np.float32) / n_runs
        return ((rate > CONSENSUS_RATE) + (rate >= CONSENSUS_RATE).astype(np.float32)) / 2

    observed = majorities(np.ones(n_runs)).mean(dtype=float)
    equal = np.full(n_runs, 1 / n_runs)
    drawn = majorities(np.random.default_rng(0).multinomial(n_runs, equal, size=CONSENSUS_RESAMPLES))
    fractions = drawn.mean(axis=1, dtype=float)
    bias = fractions.mean() - observed
    points_own = drawn.var(axis=0, ddof=1).mean(dtype=float) / drawn.shape[1]
    variance = (fractions.var(ddof=1) + (np.sqrt(2) - 1) * points_own) * n_runs / (n_runs - 1)
    reach = stdtrit(n_runs - 1, (1 + CONFIDENCE) / 2) * np.hypot(np.sqrt(variance), bias)
    return Estimate(value, float(min(max(observed - reach, 0), value)), float(max(observed + reach, value)))


def consensus_table(sets: StragglerSets, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``consensus`` table of a cell: φ_c with its interval over runs, and the strict fraction.

    The strict fraction has no interval: it falls with every run that joins.
    """
    n_runs = len(sets.sets)
    strict = float(sets.sets.all(axis=0).mean()) if n_runs else np.nan
    estimates = {"consensus": consensus_fraction(sets.sets), "strict": Estimate(strict, np.nan, np.nan)}
    rows = [(*(address[name] for name in ADDRESS), kind, n_runs, *estimate) for kind, estimate in estimates.items()]
    return pd.DataFrame(rows, columns=list(CONSENSUS))


def nested_table(stragglers: pd.DataFrame) -> pd.DataFrame:
    """Consensus stragglers of a training set inside a larger one: one row a pair of datasets.

    Both are trained with one network and optimiser on the same source and task, and all points of the
    first are in the second. ``kept``: share of its stragglers that the larger set still has,
    ``gained``: share of its other points that became stragglers there.
    """
    cell = ["source", "task", "network", "layer", "optimizer"]
    rows = []
    for key, cells in stragglers.groupby(cell, observed=True):
        sets = {name: cell.set_index("sample_id")["consensus"] for name, cell in cells.groupby("dataset", sort=False)}
        for inner, outer in permutations(sets, 2):
            small, large = sets[inner], sets[outer]
            if len(small) < len(large) and small.index.isin(large.index).all():
                there = large.loc[small.index]
                shares = there[small].mean(), there[~small].mean()
                rows.append((*key, inner, outer, len(small), len(large), *shares))
    return pd.DataFrame(rows, columns=list(NESTED))
