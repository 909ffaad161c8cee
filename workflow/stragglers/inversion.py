"""When an observable turns: inversion epoch t*, or none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, peak_widths

from .observables import RUN, TURNS
from .specification import Defining, Detection


@dataclass(frozen=True)
class Inversion:
    """``epoch`` is None where there is no inversion; ``prominence`` is the turn's, or 0."""

    epoch: int | None
    prominence: float
    required: float


def find_inversion(curve: np.ndarray, turn: str, detection: Detection) -> Inversion:
    """Epoch at which ``curve`` (epochs + 1,) has its inversion, a "min" or a "max" (``turn``).

    Whether there is one is decided on the running mean: its most prominent interior extremum
    must stand out by ``detection.prominence`` of the curve's range *and* by ``detection.noise``
    standard deviations of the noise. An extremum at the end of training, or one whose later
    rebound is within the noise, is therefore none. The epoch is that of the raw extremum within
    the basin (the stretch around the smooth extremum above half its prominence), so it is exact
    on clean curves. A curve that is not finite, or shorter than three widths of the running mean,
    has no inversion.
    """
    values = np.asarray(curve, float)[detection.burn_in :]
    none = Inversion(None, 0.0, np.nan)
    if len(values) < 3 * detection.smoothing or not np.isfinite(values).all():
        return none
    if turn == "min":
        values = -values
    smooth = uniform_filter1d(values, detection.smoothing, mode="nearest")
    required = max(detection.prominence * np.ptp(smooth), detection.noise * _noise(values, detection.smoothing))
    # A plateau counts as a peak at its middle, and one that touches the end as none.
    peaks, properties = find_peaks(smooth, prominence=0)
    if len(peaks) == 0:
        return Inversion(None, 0.0, required)
    best = properties["prominences"].argmax()
    prominence = float(properties["prominences"][best])
    if prominence <= required:
        return Inversion(None, prominence, required)
    _, _, left, right = peak_widths(smooth, peaks[best : best + 1], rel_height=0.5)
    start = int(np.ceil(left[0]))
    basin = values[start : int(right[0]) + 1]
    return Inversion(detection.burn_in + start + int(basin.argmax()), prominence, required)


def _noise(values: np.ndarray, smoothing: int) -> float:
    """Standard deviation of the noise left in the running mean of ``values``.

    From second differences of means of neighbouring windows, which remove the trend; their variance
    is 6 times that of such a mean. Differences of single epochs would take slow noise for a trend,
    and an oscillation that the mean cancels for noise.
    """
    mean = np.convolve(values, np.full(smoothing, 1 / smoothing), "valid")
    differences = mean[2 * smoothing :] - 2 * mean[smoothing:-smoothing] + mean[: -2 * smoothing]
    return 1.4826 * float(np.median(np.abs(differences))) / np.sqrt(6)


def inversions(dynamics: pd.DataFrame, detection: Detection) -> pd.DataFrame:
    """The ``inversion`` table of some runs' ``dynamics``: one row a run, layer and observable.

    ``train_error`` is ε* and ``value`` the observable there, null without an inversion.
    ``test_error`` is the one measured nearest to t*.
    """
    rows = []
    for key, run in dynamics.groupby([*RUN], sort=False, observed=True):
        tested = run.loc[run["test_error"].notna(), ["epoch", "test_error"]]
        for observable, turn in TURNS.items():
            inversion = find_inversion(run[observable].to_numpy(), turn, detection)
            row = dict(zip(RUN, key, strict=True)) | {
                "observable": observable,
                "found": inversion.epoch is not None,
                "epoch": pd.NA,
                "train_error": np.nan,
                "test_error": np.nan,
                "value": np.nan,
                "prominence": inversion.prominence,
                "required": inversion.required,
            }
            if inversion.epoch is not None:
                at = run.iloc[inversion.epoch]
                nearest = (tested["epoch"] - inversion.epoch).abs().argmin()
                row |= {
                    "epoch": inversion.epoch,
                    "train_error": at["train_error"],
                    "test_error": tested["test_error"].iloc[nearest],
                    "value": at[observable],
                }
            rows.append(row)
    return pd.DataFrame(rows).astype({"epoch": "Int32"})


def defining_inversions(inversions: pd.DataFrame, defining: Defining) -> pd.DataFrame:
    """The rows of the ``inversion`` table that define stragglers: one a run."""
    layer = inversions["layer"].max() if defining.layer > inversions["layer"].max() else defining.layer
    return inversions[(inversions["observable"] == defining.observable) & (inversions["layer"] == layer)]
