"""Training without the hardest points by each score: does the inversion stay, and what of the test error?"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..data.datasets import Dataset
from ..geometry.manifolds import D, Manifolds
from ..sets.ablation import Removal, ablation_table, random_like, trainable
from ..spec.specification import Defining
from ..support.columns import SCORE_REMOVAL
from ..training.trajectory import Trajectory
from .ranking import hardest
from .score_names import LINEAR, LINEAR_ONLY, STRAGGLER, STRAGGLERS_ONLY

log = logging.getLogger(__name__)


def chosen(values: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` hardest by ``values`` (P,), booleans (P,); of tied points those that a fixed draw takes."""
    order = np.lexsort([np.random.default_rng(0).permutation(len(values)), -values])
    points = np.zeros(len(values), bool)
    points[order[:count]] = True
    return points


def score_removals(
    scores: Mapping[str, np.ndarray], count: int, seeds: Sequence[int], draws: int, dataset: Dataset
) -> list[Removal]:
    """For each of ``seeds``: nothing removed, the ``count`` hardest by each of ``scores`` (score -> (P,)), as many
    random points (``draws``), and what only stragglers or only the nearest linear margin name.

    Random points are, class by class, as many as by the straggler rate. What would leave one label without points is
    left out, with a message.
    """
    sets = {name: chosen(values, count) for name, values in scores.items()}
    if STRAGGLER in sets and (linear := nearest_linear(scores, count)):
        first, second = sets[STRAGGLER], sets[linear]
        sets |= {STRAGGLERS_ONLY: first & ~second, LINEAR_ONLY: second & ~first}
    like = sets.get(STRAGGLER, next(iter(sets.values())))
    found = []
    for seed in seeds:
        found.append(Removal(seed, "none", np.zeros_like(like)))
        found += [Removal(seed, name, points) for name, points in sets.items() if points.any()]
        for draw in range(draws):
            rng = np.random.default_rng([seed, draw])
            found.append(Removal(seed, "random", random_like(like, dataset.class_train, rng), draw=draw))
    for removal in found:
        if not trainable(removal, dataset.label_train):
            log.info("%s of seed %d: leaves a label without points, left out", removal.removed, removal.seed)
    return [removal for removal in found if trainable(removal, dataset.label_train)]


def nearest_linear(scores: Mapping[str, np.ndarray], count: int) -> str | None:
    """The linear classifier whose margins name most of the hardest points by the straggler rate."""
    stragglers = hardest(scores[STRAGGLER], count)
    common = {name: float(stragglers @ hardest(scores[name], count)) for name in LINEAR if name in scores}
    return max(common, key=common.__getitem__, default=None)


def score_removal_table(trajectory: Trajectory, inversions: pd.DataFrame, defining: Defining) -> pd.DataFrame:
    """The ``score_removal`` table: that of ablations, and ``fall``, how much of its largest D a run loses to the end.

    Of the first hidden layer; 0 without a turn.
    """
    distance = D.of(Manifolds(trajectory.gram[:, :, 0], trajectory.zeros[:, :, 0]))
    fall = 1 - distance[-1] / distance.max(axis=0)
    rows = ablation_table([trajectory], [inversions], defining)
    # A block of rows a noise, each in the order of the runs.
    return rows.assign(fall=np.tile(fall, len(rows) // len(fall)))[list(SCORE_REMOVAL)]
