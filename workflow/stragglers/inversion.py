"""When an observable turns: inversion epoch t*, or none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, peak_widths

from .geometry import TURNS
from .specification import Defining, Detection
from .trajectory import RUN


@dataclass(frozen=True)
class Inversion:
    """``epoch`` is None where there is no inversion; ``prominence`` is the turn's, or 0."""

    epoch: int | None
    prominence: float
    required: float


def find_inversion(curve: np.ndarray, turn: str, detection: Detection) -> Inversion:
    """Epoch at which ``curve`` (epochs + 1,) has its inversion, a "min" or a "max" (``turn``).

    Whether there is one is decided on the running mean of the curve without its alternation: its
    extremum must lie inside and stand out by ``detection.prominence`` of the range *and* by
    ``detection.noise`` standard deviations of the noise, that of the whole curve or of what follows the
    extremum, whichever is more. An extremum at the end of training, or one whose later rebound is within
    the noise, is therefore none, and neither is a bump that the curve exceeds elsewhere. The epoch is that of
    the raw extremum within the basin (the stretch around the smooth extremum above half its
    prominence), so it is exact on clean curves. A curve that is not finite, or shorter than three
    widths of the running mean, has no inversion, nor has one whose extremum is within four widths of its end.
    """
    values = np.asarray(curve, float)[detection.burn_in :]
    width = detection.smoothing
    if len(values) < 3 * width or not np.isfinite(values).all():
        return Inversion(None, 0.0, np.nan)
    if turn == "min":
        values = -values
    steady = _without_alternation(values)
    smooth = uniform_filter1d(steady, width, mode="nearest")
    required = max(detection.prominence * np.ptp(smooth), detection.noise * _noise(steady, width))
    # A plateau counts as a peak at its middle, and one that touches the end as none.
    peaks, properties = find_peaks(smooth, prominence=0)
    if len(peaks) == 0:
        return Inversion(None, 0.0, required)
    highest = smooth[peaks].argmax()
    prominence, rebound = float(properties["prominences"][highest]), steady[peaks[highest] :]
    if smooth[peaks[highest]] < smooth.max() or len(rebound) < 4 * width:
        return Inversion(None, prominence, required)
    required = max(required, detection.noise * _noise(rebound, width))
    if prominence <= required:
        return Inversion(None, prominence, required)
    _, _, left, right = peak_widths(smooth, peaks[highest : highest + 1], rel_height=0.5)
    start = int(np.ceil(left[0]))
    basin = values[start : int(right[0]) + 1]
    return Inversion(detection.burn_in + start + int(basin.argmax()), prominence, required)


def _without_alternation(values: np.ndarray) -> np.ndarray:
    """``values`` with each averaged with its neighbours' mean: nothing is left of a period of two epochs.

    Full-batch descent alternates like that where its step is near the largest stable one, as on
    CIFAR-10: in full view, but neither trend nor noise.
    """
    return np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")


def _noise(values: np.ndarray, smoothing: int) -> float:
    """Standard deviation of the noise left in the running mean of ``values``.

    From second differences of means of neighbouring windows, which remove the trend; their variance
    is 6 times that of such a mean. Differences of single epochs would take slow noise for a trend.
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
