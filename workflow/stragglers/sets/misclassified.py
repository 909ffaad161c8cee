"""Sets of misclassified points: stragglers, their consensus, and how well sets are conserved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ..data.datasets import Dataset
from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining
from ..support.intervals import CONFIDENCE, LEAST_RUNS, MISSING, Estimate, jackknife_variance
from ..support.sealed import read_arrays, write_arrays
from ..training.trajectory import ADDRESS, Trajectory

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


def cell_address(trajectory: Trajectory, inversions: pd.DataFrame, defining: Defining) -> dict[str, Any]:
    """The address columns of a cell, given one of its blocks."""
    row = trajectory.runs.iloc[0].to_dict() | {"layer": defining_inversions(inversions, defining)["layer"].iloc[0]}
    return {name: row[name] for name in ADDRESS}


def straggler_table(sets: StragglerSets, dataset: Dataset, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``stragglers`` table of a cell: one row a training point.

    ``consensus``: rate of at least 0.5; ``strict``: in S(t*) of every run that inverted.
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
        }
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
    return pd.DataFrame(
        {
            **address,
            "kind": kind,
            "n_runs": n_runs,
            "fraction": estimate.value,
            "ci_low": estimate.low,
            "ci_high": estimate.high,
        }
        for kind, estimate in estimates.items()
    )


def hypergeometric_mean(k1, k2, n_samples: int):
    """Expected common points of two independent random sets of k1 and k2 out of ``n_samples``."""
    return np.multiply(k1, k2, dtype=float) / n_samples


def hypergeometric_variance(k1, k2, n_samples: int):
    """Variance of the same: k1 k2 (n - k1)(n - k2) / (n² (n - 1))."""
    n = float(n_samples)
    k1, k2 = np.asarray(k1, float), np.asarray(k2, float)
    return k1 * k2 * (n - k1) * (n - k2) / (n**2 * (n - 1))


SUMMARY = ("mean_common", "expected_common", "sd_common", "sd_null", "z", "jaccard", "conditional")
"""Columns of the ``conservation`` and ``overlap`` tables that sum up pairs of sets."""


@dataclass(frozen=True)
class Overlap:
    """Common points of pairs of sets and what chance gives; ``weight`` counts each pair."""

    common: np.ndarray
    expected: np.ndarray
    null_variance: np.ndarray
    jaccard: np.ndarray
    size: np.ndarray
    """Mean size of a pair's two sets."""
    weight: np.ndarray

    def __post_init__(self):
        if self.weight.shape != self.common.shape:
            raise ValueError(f"weight {self.weight.shape} and common {self.common.shape} differ")

    def summary(self) -> dict[str, float]:
        """The :data:`SUMMARY`, means over pairs.

        z is the paper's (Fig. 2d): excess over the hypergeometric mean in standard deviations of
        the overlap *over pairs*; ``sd_null`` is the null's own, for comparison. z is NaN where
        pairs do not vary. ``conditional``: the probability that a point of one run's set is in the
        other's.
        """
        return {
            name: float(value) for name, value in self._summary(lambda values: (values * self.weight).sum()).items()
        }

    def left_out(self) -> dict[str, np.ndarray]:
        """The same of pairs within one stack, each run left out in turn, (runs,)."""

        def sums(values: np.ndarray) -> np.ndarray:
            weighted = values * self.weight
            return weighted.sum() - weighted.sum(axis=0) - weighted.sum(axis=1)

        return self._summary(sums)

    def _summary(self, sums: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
        n_pairs = sums(np.ones_like(self.common))

        def mean(values: np.ndarray) -> np.ndarray:
            return quotient(sums(values), n_pairs)

        # Squares about one of the values, so that equal ones have no variance at all.
        origin = self.common[self.weight > 0][:1].sum()
        common, square = mean(self.common - origin), mean((self.common - origin) ** 2)
        sd = np.sqrt(np.clip(quotient((square - common**2) * n_pairs, n_pairs - 1), 0, None))
        common, expected = common + origin, mean(self.expected)
        return {
            "mean_common": common,
            "expected_common": expected,
            "sd_common": sd,
            "sd_null": np.sqrt(mean(self.null_variance)),
            "z": quotient(common - expected, sd),
            "jaccard": mean(self.jaccard),
            "conditional": quotient(common, mean(self.size)),
        }


def quotient(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Element by element, NaN where the denominator is not positive."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), denominator)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)


def overlap(sets_a: np.ndarray, sets_b: np.ndarray, weight: np.ndarray) -> Overlap:
    """All pairs between two stacks of sets, booleans (runs, P), by one matrix product.

    ``weight`` (runs_a, runs_b) counts each pair: 0 for those that do not belong (a run with itself,
    runs of one seed).
    """
    n_samples = sets_a.shape[1]
    common = (sets_a.astype(np.float32) @ sets_b.astype(np.float32).T).astype(float)
    size_a, size_b = sets_a.sum(1)[:, None], sets_b.sum(1)[None, :]
    union = size_a + size_b - common
    return Overlap(
        common=common,
        expected=hypergeometric_mean(size_a, size_b, n_samples),
        null_variance=hypergeometric_variance(size_a, size_b, n_samples),
        # Two empty sets are the same set.
        jaccard=np.divide(common, union, out=np.ones_like(common), where=union > 0),
        size=(size_a + size_b) / 2,
        weight=np.asarray(weight, float),
    )


def all_pairs(n_runs: int) -> np.ndarray:
    """Weight that counts every unordered pair of different runs once."""
    return np.triu(np.ones((n_runs, n_runs)), 1)


def overlap_table(cells: Sequence[Mapping[str, str]], sets: Sequence[StragglerSets]) -> pd.DataFrame:
    """The ``overlap`` table: one row a pair of cells of one dataset, a cell with itself included.

    ``cells`` are the address columns of each. Only pairs of different seeds count: two networks
    that start from the same numbers are not independent.
    """
    rows = []
    for i, j in combinations_with_replacement(range(len(cells)), 2):
        if cells[i]["dataset"] != cells[j]["dataset"]:
            continue
        a, b = sets[i], sets[j]
        different = (a.seeds[:, None] != b.seeds[None, :]).astype(float)
        weight = np.triu(different) if i == j else different
        rows.append(
            {
                **{name: cells[i][name] for name in ("dataset", "source", "task", "subset")},
                **{f"{name}_a": cells[i][name] for name in ("network", "optimizer")},
                **{f"{name}_b": cells[j][name] for name in ("network", "optimizer")},
                "n_pairs": int(weight.sum()),
                **overlap(a.sets, b.sets, weight).summary(),
            }
        )
    return pd.DataFrame(rows)


def nested_table(stragglers: pd.DataFrame) -> pd.DataFrame:
    """Consensus stragglers of a training set inside a larger one: one row a pair of datasets.

    Both are trained with one network and optimiser on the same source and task, and all points of the
    first are in the second. ``kept``: share of its stragglers that the larger set still has,
    ``gained``: share of its other points that became stragglers there.
    """
    columns = ["source", "task", "network", "layer", "optimizer", "inner", "outer", "n_inner", "n_outer"]
    rows = []
    for key, cells in stragglers.groupby(["source", "task", "network", "layer", "optimizer"], observed=True):
        sets = {name: cell.set_index("sample_id")["consensus"] for name, cell in cells.groupby("dataset", sort=False)}
        for inner, outer in permutations(sets, 2):
            small, large = sets[inner], sets[outer]
            if len(small) < len(large) and small.index.isin(large.index).all():
                there = large.loc[small.index]
                shares = {"kept": there[small].mean(), "gained": there[~small].mean()}
                rows.append(dict(zip(columns, (*key, inner, outer, len(small), len(large)), strict=True)) | shares)
    return pd.DataFrame(rows, columns=[*columns, "kept", "gained"])


def conservation(trajectories: Sequence[Trajectory]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How well misclassified sets are conserved over all pairs of runs (the paper's Fig. 2d).

    Returns the ``conservation`` table (one row an epoch, and one a common training error) and the
    ``conservation_peak`` table: where z, Jaccard index and conditional probability peak. Runs that
    diverged are left out.
    """
    # A misclassified set is the whole network's: it has no layer.
    address = {name: trajectories[0].runs[name].iloc[0] if name != "layer" else pd.NA for name in ADDRESS}
    error = np.concatenate([block.train_error for block in trajectories], axis=1)
    finite = np.isfinite(error).all(axis=0)
    columns = [(block, run) for block in trajectories for run in range(block.train_error.shape[1])]
    columns = [column for column, good in zip(columns, finite, strict=True) if good]
    error = error[:, finite]
    n_runs = error.shape[1]
    rows, peaks = [], []
    for alignment, epochs in _alignments(error, trajectories[0].set_epochs):
        states, left_out = [], []
        for at in epochs:
            sets = np.stack([block.sets(epoch, run) for epoch, (block, run) in zip(at, columns, strict=True)])
            pairs = overlap(sets, sets, all_pairs(n_runs))
            errors = error[at, range(n_runs)]
            states.append(pairs.summary() | {"epoch": at.mean(), "train_error": errors.mean()})
            # All that is kept of a state's pairs, of which there may be thousands of matrices.
            of_state = pairs.left_out()
            left_out.append({name: of_state[name] for name in PEAKING} | {"train_error": errors})
        shared = {**address, "alignment": alignment, "n_runs": n_runs}
        rows += [shared | state for state in states]
        if n_runs > 2:
            peaks += [shared | peak for peak in peaks_of(states, left_out)]
    table_columns = [*ADDRESS, "alignment", "epoch", "train_error", "n_runs", *SUMMARY]
    peak_columns = [*ADDRESS, "alignment", "n_runs", *PEAK]
    tables = pd.DataFrame(rows, columns=table_columns), pd.DataFrame(peaks, columns=peak_columns)
    return tuple(table.astype({"layer": "Int32"}) for table in tables)


def _alignments(error: np.ndarray, set_epochs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Epochs (points, runs) at which runs are compared: the same epoch, the same training error."""
    n_runs = error.shape[1]
    if n_runs:
        yield "epoch", np.tile(set_epochs[:, None], n_runs)
        yield "train_error", epochs_at_error(error, error_grid(error))


PEAKING = ("z", "jaccard", "conditional")
"""Columns of the ``conservation`` table whose peak is sought."""

PEAK = ("statistic", "train_error", "ci_low", "ci_high", "value", "plateau_low", "plateau_high")
PEAK_LEAST_COMMON = 10
"""Below so many common points on average, z is noise: the peak is sought above."""
PLATEAU = 0.9
"""A plateau is where a statistic is at least this fraction of its peak."""


def peaks_of(
    states: Sequence[Mapping[str, float]], left_out: Sequence[Mapping[str, np.ndarray]]
) -> Iterator[dict[str, Any]]:
    """Rows of the ``conservation_peak`` table: training error at the peak, its interval, the plateau.

    ``states``: summaries of all pairs with ``train_error``, ``left_out``: the :data:`PEAKING` statistics without each
    run and its ``train_error``, (runs,) each. NaN all three where the highest value is not above 0.
    """
    kept = [place for place, state in enumerate(states) if state["mean_common"] >= PEAK_LEAST_COMMON]
    if not kept:
        return
    train_error = np.array([states[place]["train_error"] for place in kept])
    errors = np.array([left_out[place]["train_error"] for place in kept])
    for name in PEAKING:
        curve = np.array([states[place][name] for place in kept])
        if not np.isfinite(curve).any():
            continue
        peak = dict.fromkeys(PEAK, np.nan) | {"statistic": name, "value": np.nanmax(curve)}
        # Where sets have no more in common than by chance at best, nothing is conserved: the peak has no place.
        if peak["value"] > 0:
            plateau = train_error[curve >= PLATEAU * peak["value"]]
            low, high = peak_interval(curve, np.array([left_out[place][name] for place in kept]), errors)
            peak |= {
                "train_error": train_error[np.nanargmax(curve)],
                "ci_low": low,
                "ci_high": high,
                "plateau_low": plateau.min(),
                "plateau_high": plateau.max(),
            }
        yield peak


def peak_interval(curve: np.ndarray, left_out: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """The training errors at which the peak of ``curve`` (points,) may lie; NaN below five runs.

    ``left_out`` (points, runs) is the curve without each run, ``errors`` (points, runs) the runs' training errors.
    The peak may lie wherever the curve is not lower than at its highest point by Student's t test on the difference,
    whose variance is the jackknife's; the outermost of those points have the intervals of their mean
    training errors. It errs towards holding the peak too often, as a curve's highest point is not its true
    peak's.
    """
    n_runs = left_out.shape[1]
    if n_runs < LEAST_RUNS:
        return np.nan, np.nan
    best = np.nanargmax(curve)
    error = np.sqrt(jackknife_variance((left_out[best] - left_out).T))
    lower = curve[best] - curve > stdtrit(n_runs - 1, CONFIDENCE) * error
    near = np.flatnonzero(np.isfinite(curve) & ~lower)
    mean = errors[near].mean(axis=1)
    reach = stdtrit(n_runs - 1, (1 + CONFIDENCE) / 2) * errors[near].std(axis=1, ddof=1) / np.sqrt(n_runs)
    return float((mean - reach).min()), float((mean + reach).max())


def epochs_at_error(train_error: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """First epoch at which each run's error is at or below each of ``errors``, which all reach.

    ``train_error`` (epochs + 1, runs); the result is (len(errors), runs).
    """
    return np.array([(train_error <= error).argmax(axis=0) for error in errors], int)


def error_grid(train_error: np.ndarray, points: int = 40) -> np.ndarray:
    """Errors, log-spaced and falling, that every run of (epochs + 1, runs) passes through.

    The start is the least of the runs' initial errors, so that no run is below it at once.
    """
    start = np.nanmin(train_error[0])
    end = np.nanmax(np.nanmin(train_error, axis=0))
    floor = max(end, 1e-3)
    return np.geomspace(start, floor, points) if start > floor else np.empty(0)
