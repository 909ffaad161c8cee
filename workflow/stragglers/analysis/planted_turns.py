"""What size of turn would have been found: turns planted onto curves that have none, with the noise that these have.

After the epoch of the planted turn, what the curve still gains (its closest monotone curve) is taken out, and it falls
instead, evenly in the logarithm of time, by ``depth`` until twice that epoch; there it stays. The detector looks that
far at least. What is left of the curve, its noise however slow, remains: nothing is drawn.
"""

import numpy as np
from scipy.optimize import isotonic_regression

from ..geometry.inversion import REACH, find_inversion
from ..spec.specification import Detection

DEPTHS = tuple(0.001 * 2 ** (step / 2) for step in range(19))
"""Falls that are planted, relative to the curve's value at the turn: half an octave apart, up to a half."""
NEAR = 2
"""Factor of its epoch within which a planted turn is found."""


def planted_turn(curve: np.ndarray, turn: str, at: int, depth: float) -> np.ndarray:
    """``curve`` (epochs + 1,) with a "max" or "min" (``turn``) at epoch ``at``, from which it falls (or rises) by
    ``depth`` times its value there.
    """
    values = np.array(curve, float) * (1 if turn == "max" else -1)
    after = values[at:]
    gained = isotonic_regression(after).x
    elapsed = np.log(np.arange(at, len(values)) / at) / np.log(REACH)
    values[at:] = after - (gained - gained[0]) - depth * abs(values[at]) * np.minimum(elapsed, 1)
    return values if turn == "max" else -values


def found_near(curve: np.ndarray, turn: str, at: int, detection: Detection) -> bool:
    """Whether the curve has an inversion within a factor of :data:`NEAR` of epoch ``at``."""
    epoch = find_inversion(curve, turn, detection).epoch
    return epoch is not None and at / NEAR <= epoch <= at * NEAR


def least_depth(curve: np.ndarray, turn: str, at: int, detection: Detection) -> float:
    """The smallest of :data:`DEPTHS` that is found when planted at epoch ``at``; infinity if none is.

    NaN where one of no depth is found, too: then it is bumps of the curve that are, once they stand on no slope.
    """
    if found_near(planted_turn(curve, turn, at, 0.0), turn, at, detection):
        return np.nan
    planted = ((depth, planted_turn(curve, turn, at, depth)) for depth in DEPTHS)
    return next((depth for depth, values in planted if found_near(values, turn, at, detection)), np.inf)


def rise(curve: np.ndarray, turn: str, at: int) -> float:
    """How far the curve has come towards the turn at epoch ``at`` from where it was farthest, over its value there."""
    values = np.asarray(curve, float) * (1 if turn == "max" else -1)
    return float((values[at] - values[: at + 1].min()) / abs(values[at]))


def place(train_error: np.ndarray, level: float, detection: Detection) -> int | None:
    """The first epoch after the burn-in at which the training error (epochs + 1,) is at most ``level``.

    None where it never is, or within the burn-in already, or so late that the training ends before twice that epoch.
    """
    (reached,) = np.nonzero(np.asarray(train_error) <= level)
    if not len(reached) or not detection.burn_in < reached[0] <= (len(train_error) - 1) / REACH:
        return None
    return int(reached[0])


def found_in_most(least: np.ndarray, share: float = 0.8) -> float:
    """The depth found in a ``share`` of the runs at least, by the ``least`` of each (runs,); NaN without runs.

    Runs without a ``least`` do not count.
    """
    least = np.sort(np.asarray(least, float))
    least = least[~np.isnan(least)]
    return float(least[int(np.ceil(share * len(least) - 1e-9)) - 1]) if len(least) else np.nan
