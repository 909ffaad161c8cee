"""What the conservation curve (the paper's Fig. 2d) costs: all pairs of few runs, or many lone pairs.

The paper retrains independent pairs of runs for every epoch it looks at. One trajectory a run
serves every epoch, and n runs have n (n - 1) / 2 pairs; those share runs and are correlated, so the
question is how many runs give z the standard error of so many independent pairs.
"""

import numpy as np
import pandas as pd

from .misclassified import all_pairs, overlap, resampled_pairs, z_scores
from .trajectory import Trajectory

PAIRS = 500
PAPER_EPOCHS = range(5, 66, 5)
"""The epochs at which the authors' notebook compares 500 pairs, each retrained for each epoch."""
RESAMPLES = 300
MATCHINGS = 20


def error_of_runs(common: np.ndarray, expected: np.ndarray, rng: np.random.Generator) -> float:
    """Standard error of z over all pairs of these runs (matrices (runs, runs)), runs resampled."""
    pairs = common.reshape(1, -1), expected.reshape(1, -1)
    return float(np.std([z_scores(*pairs, resampled_pairs(len(common), rng).ravel())[0] for _ in range(RESAMPLES)]))


def error_of_pairs(common: np.ndarray, expected: np.ndarray, n_pairs: int, rng: np.random.Generator) -> float:
    """Standard error of z over ``n_pairs`` independent pairs: drawn from disjoint pairs of these runs.

    The mean over several ways to match the runs up, each with half as many pairs as runs.
    """
    errors = []
    for _ in range(MATCHINGS):
        first, second = rng.permutation(len(common) // 2 * 2).reshape(2, -1)
        drawn = rng.integers(len(first), size=(RESAMPLES, n_pairs))
        shared, chance = common[first, second][drawn], expected[first, second][drawn]
        errors.append(np.std((shared.mean(1) - chance.mean(1)) / shared.std(1, ddof=1)))
    return float(np.mean(errors))


def conservation_cost(trajectory: Trajectory, n_pairs: int = PAIRS) -> pd.DataFrame:
    """One row an epoch of the trajectory: z, both standard errors, and the runs that equal the pairs.

    The standard error of all pairs falls as one over the root of the number of runs, so
    ``equal_runs`` follows from that of the runs at hand. ``work_ratio`` compares run-epochs: the
    paper's way (two runs a pair, each retrained up to each of its epochs) over one training of
    ``equal_runs`` up to the last of them.
    """
    rng = np.random.default_rng(0)
    n_runs = trajectory.loss.shape[1]
    rows = []
    for epoch in trajectory.set_epochs[1:]:
        sets = trajectory.sets(np.full(n_runs, epoch), np.arange(n_runs))
        pair = overlap(sets, sets, all_pairs(n_runs))
        runs, pairs = (
            error_of_runs(pair.common, pair.expected, rng),
            error_of_pairs(pair.common, pair.expected, n_pairs, rng),
        )
        equal_runs = n_runs * (runs / pairs) ** 2
        rows.append(
            {
                "epoch": epoch,
                "train_error": trajectory.train_error[epoch].mean(),
                "z": pair.summary()["z"],
                "n_runs": n_runs,
                "z_error_of_runs": runs,
                "n_pairs": n_pairs,
                "z_error_of_pairs": pairs,
                "equal_runs": equal_runs,
                "work_ratio": 2 * n_pairs * sum(PAPER_EPOCHS) / (equal_runs * max(PAPER_EPOCHS)),
            }
        )
    return pd.DataFrame(rows)
