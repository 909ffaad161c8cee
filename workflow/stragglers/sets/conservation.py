"""How well the misclassified sets of different runs agree while they train, and where best."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ..support.columns import CONSERVATION, CONSERVATION_PEAK, PEAK
from ..support.intervals import CONFIDENCE, LEAST_RUNS, jackknife_variance
from ..training.trajectory import Trajectory
from .overlap import all_pairs, overlap


def conservation(trajectories: Sequence[Trajectory], address: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How well misclassified sets are conserved over all pairs of runs of a cell (the paper's Fig. 2d).

    Returns the ``conservation`` table (one row an epoch, and one a common training error) and the
    ``conservation_peak`` table: where z, Jaccard index and conditional probability peak. Runs that
    diverged are left out.
    """
    # A misclassified set is the whole network's: it has no layer.
    address = {**address, "layer": pd.NA}
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
    tables = pd.DataFrame(rows, columns=list(CONSERVATION)), pd.DataFrame(peaks, columns=list(CONSERVATION_PEAK))
    return tuple(table.astype({"layer": "Int32"}) for table in tables)


def _alignments(error: np.ndarray, set_epochs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Epochs (points, runs) at which runs are compared: the same epoch, the same training error."""
    n_runs = error.shape[1]
    if n_runs:
        yield "epoch", np.tile(set_epochs[:, None], n_runs)
        yield "train_error", epochs_at_error(error, error_grid(error))


PEAKING = ("z", "jaccard", "conditional")
"""Columns of the ``conservation`` table whose peak is sought."""

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
    # An error is a share, and the interval of its mean knows nothing of that.
    return max(float((mean - reach).min()), 0.0), min(float((mean + reach).max()), 1.0)


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
