"""What the conservation curve (the paper's Fig. 2d) costs: all pairs of few runs, or many lone pairs.

The paper retrains independent pairs of runs for every epoch it looks at. One trajectory a run
serves every epoch, and n runs have n (n - 1) / 2 pairs; those share runs and are correlated, so the
question is how many runs give z the standard error of so many independent pairs.

Means over all pairs are U-statistics, whose variance is known from two numbers (Hoeffding 1948): the
variance ζ₂ of one pair's contribution and the covariance ζ₁ of two pairs that share a run. A bootstrap over
runs would repeat runs, count their pairs several times over and so overstate ζ₂.
"""

import numpy as np
import pandas as pd

from ..sets.overlap import all_pairs, overlap
from ..training.trajectory import Trajectory

PAIRS = 500
PAPER_EPOCHS = range(5, 66, 5)
"""The epochs at which the authors' notebook compares 500 pairs, each retrained for each epoch."""


def contributions(common: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """What each pair adds to z, to first order: symmetric (runs, runs), 0 on the diagonal, mean 0.

    z = m / s with m the mean excess of ``common`` over ``expected`` and s the deviation of ``common``,
    so a pair that lies u deviations above the mean adds its excess less z (u² - 1) / 2.
    """
    others = ~np.eye(len(common), dtype=bool)
    excess, mean, sd = common - expected, common[others].mean(), common[others].std()
    z = excess[others].mean() / sd
    u = (common - mean) / sd
    added = excess / sd - z - z * (u**2 - 1) / 2
    return np.where(others, added, 0.0)


def covariances(added: np.ndarray) -> tuple[float, float]:
    """ζ₁ and ζ₂ of contributions (runs, runs) of mean 0."""
    n_runs, squares = len(added), (added**2).sum()
    sharing = (added.sum(axis=1) ** 2).sum() - squares
    return float(sharing / (n_runs * (n_runs - 1) * (n_runs - 2))), float(squares / (n_runs * (n_runs - 1)))


def error_of_runs(n_runs: float, zeta_1: float, zeta_2: float) -> float:
    """Standard error of z over all pairs of ``n_runs``."""
    return float(np.sqrt((4 * (n_runs - 2) * zeta_1 + 2 * zeta_2) / (n_runs * (n_runs - 1))))


def error_of_pairs(n_pairs: int, zeta_2: float) -> float:
    """Standard error of z over ``n_pairs`` pairs of runs of their own."""
    return float(np.sqrt(zeta_2 / n_pairs))


def equal_runs(n_pairs: int, zeta_1: float, zeta_2: float) -> float:
    """Runs whose pairs give z the standard error of ``n_pairs`` independent pairs.

    At best, without shared variance, about the root of twice ``n_pairs``; at worst, where a pair is
    the sum of its two runs (ζ₁ = ζ₂ / 2), twice ``n_pairs``.
    """
    ratio = 4 * n_pairs * max(zeta_1, 0) / zeta_2
    return float((1 + ratio + np.sqrt((1 + ratio) ** 2 - 8 * ratio + 8 * n_pairs)) / 2)


def conservation_cost(trajectory: Trajectory, n_pairs: int = PAIRS) -> pd.DataFrame:
    """One row an epoch of the trajectory: z, both standard errors, and the runs that equal the pairs.

    ``work_ratio`` compares run-epochs: the paper's way (two runs a pair, each retrained up to each of its
    epochs) over one training of ``equal_runs`` up to the last of them, which gives z at every epoch.
    """
    n_runs = trajectory.loss.shape[1]
    rows = []
    for epoch in trajectory.set_epochs[1:]:
        sets = trajectory.sets(np.full(n_runs, epoch), np.arange(n_runs))
        pair = overlap(sets, sets, all_pairs(n_runs))
        zetas = covariances(contributions(pair.common, pair.expected))
        runs = equal_runs(n_pairs, *zetas)
        rows.append(
            {
                "epoch": epoch,
                "train_error": trajectory.train_error[epoch].mean(),
                "z": pair.summary()["z"],
                "n_runs": n_runs,
                "z_error_of_runs": error_of_runs(n_runs, *zetas),
                "n_pairs": n_pairs,
                "z_error_of_pairs": error_of_pairs(n_pairs, zetas[1]),
                "equal_runs": runs,
                "work_ratio": 2 * n_pairs * sum(PAPER_EPOCHS) / (runs * max(PAPER_EPOCHS)),
            }
        )
    return pd.DataFrame(rows)
