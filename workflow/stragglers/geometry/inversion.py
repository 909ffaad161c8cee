"""When an observable turns: inversion epoch t*, or none.

A turn is looked at within a stretch that grows with its epoch, to twice that (:data:`REACH`) or a little further: what
is decided about a turn at t* does not depend on how long training goes on, unless the curve comes back to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter1d

from ..spec.specification import Defining, Detection
from ..support.columns import INVERSION, RUN
from .manifolds import INVERTING, Observable

REACH = 2
"""A turn at t* must be over by ``REACH`` t*."""
LEAST_REACH = 40
"""Widths of the running mean after a turn that are looked at however early it is."""
BACK = 0.25
"""A curve that comes back to within this share of what is required has not left its extremum."""
WINDOWS = 9
"""Windows that a stretch holds at least where noise is measured; in wider ones a turn itself would count as noise."""


@dataclass(frozen=True)
class Inversion:
    """``epoch`` is None where there is no inversion; ``prominence`` is the turn's, or 0."""

    epoch: int | None
    prominence: float
    required: float


NO_TURN = Inversion(None, 0.0, np.nan)


def find_inversion(curve: np.ndarray, turn: str, detection: Detection) -> Inversion:
    """Epoch at which ``curve`` (epochs + 1,) has its inversion, a "min" or a "max" (``turn``).

    The candidate is the extremum, after the burn-in, of the running mean of the curve without its alternation. It is an
    inversion if the curve leaves it by more than is required on both sides, before it and in the stretch after it, and
    does not come back to within a quarter of that, burn-in left out. Required are ``detection.prominence`` of the
    curve's range up to the end of the stretch *and* ``detection.noise`` standard deviations of the noise around the
    turn. So an extremum at the end of training is none, and neither is a rebound within the noise, nor one of several
    bumps of about the same height. The epoch is that of the extremum of the curve without its alternation, within half
    the turn's prominence of it. A curve that is not finite has no inversion, nor has one whose extremum is within four
    widths of the running mean of its end.
    """
    values = np.asarray(curve, float)
    width, first = detection.smoothing, detection.burn_in + 1
    if len(values) < first + 3 * width or not np.isfinite(values).all():
        return NO_TURN
    # The burn-in apart, lest its fluctuations leak out of it.
    burned, values = np.split(values if turn == "max" else -values, [first])
    steady = np.concatenate([_without_alternation(burned), _without_alternation(values)])
    smooth = np.concatenate([steady[:first], uniform_filter1d(steady[first:], width, mode="nearest")])
    at = first + int(smooth[first:].argmax())
    stop = max(REACH * at, at + LEAST_REACH * width)
    depth = smooth[at] - smooth
    # The sides of a peak that lies within the burn-in are no turn, however steep.
    prominence = min(depth[:at].max(), depth[at:stop].max()) if depth[at - 1] >= 0 else 0.0
    if prominence <= 0 or len(smooth) - at < 4 * width:
        return NO_TURN
    # Noise may set in with the turn.
    noise = max(_noise(steady[at // 2 : stop], width), _noise(steady[at:stop], width))
    required = max(detection.prominence * np.ptp(smooth[:stop]), detection.noise * noise)
    if prominence <= required or _comes_back(depth[first:at][::-1], required) or _comes_back(depth[at:], required):
        return Inversion(None, float(prominence), float(required))
    outside = np.flatnonzero(depth > prominence / 2)
    start = max(first, int(outside[outside < at].max(initial=0)) + 1)
    end = int(outside[outside > at].min())
    return Inversion(start + int(steady[start:end].argmax()), float(prominence), float(required))


def _comes_back(depth: np.ndarray, required: float) -> bool:
    """Whether a curve that has left its extremum by ``required`` is later within a quarter of that again."""
    left = np.flatnonzero(depth > required)
    return len(left) > 0 and bool((depth[left[0] :] < BACK * required).any())


def _without_alternation(values: np.ndarray) -> np.ndarray:
    """``values`` with each averaged with its neighbours' mean: nothing is left of a period of two epochs.

    Full-batch descent alternates like that where its step is near the largest stable one, as on
    CIFAR-10: in full view, but neither trend nor noise.
    """
    return np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")


def _noise(values: np.ndarray, width: int) -> float:
    """Standard deviation of the noise in running means of ``values``: the largest over widths from ``width`` up.

    At each width from second differences of means of neighbouring windows, which remove the trend; their variance is 6
    times that of such a mean. Noise with a memory of tens of epochs looks like a trend to narrow windows, and shows in
    wide ones.
    """
    sums = np.concatenate([[0.0], values.cumsum()])
    widest = max(width, len(values) // WINDOWS)
    # In steps of half an octave or less.
    widths = np.geomspace(width, widest, 2 + int(2 * np.log2(widest / width))).astype(int)
    deviations = []
    for each in np.unique(widths):
        mean = (sums[each:] - sums[:-each]) / each
        differences = mean[2 * each :] - 2 * mean[each:-each] + mean[: -2 * each]
        deviations.append(1.4826 * float(np.median(np.abs(differences))) / np.sqrt(6))
    return max(deviations)


def inversions(
    dynamics: pd.DataFrame, detection: Detection, observables: Sequence[Observable] = INVERTING
) -> pd.DataFrame:
    """The ``inversion`` table of some runs' ``dynamics``: one row a run, layer and observable that it has.

    ``class_a`` and ``class_b`` name the group, or the two, that an observable is about, and are null where it is about
    all. ``train_error`` is ε* and ``value`` the observable there, null without an inversion.
    ``test_error`` is the one measured nearest to t*. ``diverged_at`` is the first epoch at which the run's loss is not
    finite, or null: such a run is found to have no inversion, and counts in no share of runs.
    """
    rows = []
    for key, run in dynamics.groupby([*RUN], sort=False, observed=True):
        errors = run[["train_error", "test_error"]].to_numpy(float)
        tested = np.flatnonzero(np.isfinite(errors[:, 1]))
        diverged = ~np.isfinite(run["loss"].to_numpy())
        for observable in observables:
            curve = run[observable.column].to_numpy()
            if observable.of_two and np.isnan(curve).all():
                continue
            inversion = NO_TURN if diverged.any() else find_inversion(curve, observable.turn, detection)
            row = dict(zip(RUN, key, strict=True)) | {
                "observable": observable.name,
                "class_a": observable.class_a,
                "class_b": observable.class_b,
                "found": inversion.epoch is not None,
                "epoch": pd.NA,
                "train_error": np.nan,
                "test_error": np.nan,
                "value": np.nan,
                "prominence": inversion.prominence,
                "required": inversion.required,
                "diverged_at": int(diverged.argmax()) if diverged.any() else pd.NA,
            }
            if inversion.epoch is not None:
                nearest = tested[np.abs(tested - inversion.epoch).argmin()]
                row |= {
                    "epoch": inversion.epoch,
                    "train_error": errors[inversion.epoch, 0],
                    "test_error": errors[nearest, 1],
                    "value": curve[inversion.epoch],
                }
            rows.append(row)
    texts = {"class_a": "string", "class_b": "string"}
    return pd.DataFrame(rows, columns=list(INVERSION)).astype({"epoch": "Int32", "diverged_at": "Int32", **texts})


def defining_inversions(
    inversions: pd.DataFrame, defining: Defining, observable: Observable | None = None
) -> pd.DataFrame:
    """The rows of the ``inversion`` table that define stragglers, or those of ``observable`` instead: one a run."""
    layer = inversions["layer"].max() if defining.layer > inversions["layer"].max() else defining.layer
    at_layer = inversions[inversions["layer"] == layer]
    if observable is None:
        # Columns that are not read count as those of all groups.
        of_all = at_layer["class_a"].isna() if "class_a" in at_layer else True
        return at_layer[(at_layer["observable"] == defining.observable) & of_all]
    of_group = at_layer["class_a"] == observable.class_a if observable.class_a else at_layer["class_a"].isna()
    return at_layer[(at_layer["observable"] == observable.name) & of_group & at_layer["class_b"].isna()]
