"""What a score says of points that the margins of linear classifiers do not."""

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold

from ..support.intervals import MISSING, Estimate, jackknife

FOLDS = 5


def own_share(ranks: np.ndarray, known: Sequence[np.ndarray]) -> Estimate:
    """Share of what runs' rankings have in common that ``known`` scores of the points do not tell.

    ``ranks`` (runs, P), of :func:`.ranking.standardised_ranks`; ``known``: each (P,). Boosted trees predict the mean
    ranking of points that they have not seen, from the known scores of these. What two runs have in common beside that
    (mean product of their residuals) over all that they have in common is the share; a run's noise counts in neither.
    It errs upwards by what the trees fail to find. The interval is over runs, the prediction as it is. Runs that do not
    surely agree in anything have no share.
    """
    everything = np.arange(len(ranks))
    if not jackknife([everything], lambda kept: _of_pairs(ranks @ ranks.T, kept)).low > 0:
        return MISSING
    residual = ranks - predicted(ranks.mean(0), np.stack(known, axis=1))
    beside, whole = residual @ residual.T, ranks @ ranks.T

    return jackknife([everything], lambda kept: _of_pairs(beside, kept) / _of_pairs(whole, kept))


def _of_pairs(products: np.ndarray, kept: np.ndarray) -> float:
    """Mean over pairs of different runs of those ``kept``."""
    return products[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].mean()


def predicted(target: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Prediction (P,) of ``target`` (P,) from ``known`` (P, scores), of each point from a fit to other points."""
    found = np.empty_like(target)
    # Of unit variance: what the trees are worth a split is absolute.
    scale = target.std() or 1.0
    for train, held_out in KFold(FOLDS, shuffle=True, random_state=0).split(known):
        trees = HistGradientBoostingRegressor(max_leaf_nodes=15, learning_rate=0.1, random_state=0)
        found[held_out] = trees.fit(known[train], target[train] / scale).predict(known[held_out]) * scale
    return found
