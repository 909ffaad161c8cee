"""What of a task might foretell its inversion: numbers of its training points alone, before any network sees them."""

from collections.abc import Mapping

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ..data.datasets import Dataset, features
from .linear import fit_all

N_NEIGHBOURS = 20
"""Neighbours that :func:`mle_dimension` looks at."""
DISCARDED = 0.1
"""Share of the points, those with the largest ratios, that :func:`two_nn_dimension` leaves out."""


def two_nn_dimension(distances: np.ndarray) -> float:
    """Intrinsic dimension from the ratio of each point's second to first neighbour (Facco et al. 2017).

    ``distances`` (P, k) to the nearest neighbours, ascending, k ≥ 2. Under uniform density -log(1 - F(μ)) = d log μ;
    the slope through the origin is fitted to all points but the tenth with the largest ratios. Points that coincide
    with their neighbour have no ratio and are left out. NaN where nothing is left.
    """
    distinct = distances[distances[:, 0] > 0]
    ratios = np.sort(np.log(distinct[:, 1] / distinct[:, 0]))
    kept = ratios[: int(len(ratios) * (1 - DISCARDED))]
    if not kept.any():
        return np.nan
    expected = -np.log1p(-np.arange(1, len(kept) + 1) / len(ratios))
    return float(kept @ expected / (kept @ kept))


def mle_dimension(distances: np.ndarray) -> float:
    """Intrinsic dimension by maximum likelihood (Levina and Bickel 2004), averaged as MacKay and Ghahramani (2005) do.

    ``distances`` (P, k) to the nearest neighbours, ascending. Each point's inverse dimension is the mean of
    log(T_k / T_j) over j < k; these are averaged over points, those that coincide with a neighbour left out.
    """
    distinct = distances[distances[:, 0] > 0]
    inverse = np.log(distinct[:, -1:] / distinct[:, :-1]).mean() if len(distinct) else 0.0
    return float(1 / inverse) if inverse > 0 else np.nan


def fisher_ratio(x: np.ndarray, positive: np.ndarray) -> float:
    """‖μ₊ - μ₋‖² / (tr Σ₊ + tr Σ₋) of points (P, d): what D²/(R₊² + R₋²) is of the inputs themselves."""
    first, second = x[positive], x[~positive]
    between = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    return float(between / (first.var(axis=0).sum() + second.var(axis=0).sum()))


def nearest_other(x: np.ndarray, positive: np.ndarray) -> float:
    """Mean distance of a point (P, d) to the nearest of the other group, over √d: in standard deviations a feature."""
    groups = x[positive], x[~positive]
    total = sum(neighbours(other, 1, own).sum() for own, other in (groups, groups[::-1]))
    return float(total / len(x) / np.sqrt(x.shape[1]))


def neighbours(x: np.ndarray, k: int, of: np.ndarray | None = None) -> np.ndarray:
    """Distances to the ``k`` nearest of the points ``x`` (P, d), ascending: ``of`` others, or of each to the rest."""
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x).kneighbors(of)[0]


def predictors(dataset: Dataset) -> Mapping[str, float]:
    """All of a task of two groups, by the names of the ``tasks`` table.

    ``minority``: share of the smaller group; ``flips``: of the points whose label was flipped, known only where they
    were planted. Errors are those of :func:`.linear.fit_all`. The rest is of the standardised training points.
    """
    x, _, _ = features(dataset)
    positive = dataset.label_train > 0
    linear = fit_all(dataset)[0].set_index("classifier")
    distances = neighbours(x, min(N_NEIGHBOURS, len(x) - 1))
    return {
        "n_samples": x.shape[0],
        "n_features": x.shape[1],
        "minority": float(min(positive.mean(), 1 - positive.mean())),
        "flips": float(dataset.planted.mean()),
        "lda_error": float(linear.loc["lda", "train_error"]),
        "logistic_error": float(linear.loc["logistic", "train_error"]),
        "logistic_test_error": float(linear.loc["logistic", "test_error"]),
        "two_nn": two_nn_dimension(distances),
        "mle": mle_dimension(distances),
        "fisher": fisher_ratio(x, positive),
        "nearest_other": nearest_other(x, positive),
    }
