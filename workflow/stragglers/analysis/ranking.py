"""How well scores of points agree: the hardest that they name, their whole ranking, and their runs with each other.

A score is an array (runs, P), one row where it has no runs, larger for harder points. Ties share: of points that are
equally hard, of which only some have a place among the hardest, each has the same share of the places.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..support.intervals import Estimate, jackknife


def hardest(values: np.ndarray, count: int) -> np.ndarray:
    """Share of each point in the ``count`` hardest, (..., P) from 0 to 1, which add up to ``count``."""
    edge = np.partition(values, -count, axis=-1)[..., -count, None]
    above, tied = values > edge, values == edge
    return above + tied * (count - above.sum(-1, keepdims=True)) / tied.sum(-1, keepdims=True)


def jaccard(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Jaccard index of every pair of :func:`hardest`, (runs_a, P) and (runs_b, P), of as many points.

    Of tied points, what random choices among them have in common on average.
    """
    common = a @ b.T
    return common / (a.sum(-1)[:, None] + b.sum(-1)[None, :] - common)


def standardised_ranks(values: np.ndarray) -> np.ndarray:
    """Midranks of each row, of mean 0 and unit norm, (runs, P): their products are Spearman's ρ. 0 where all tie."""
    ranks = pd.DataFrame(np.atleast_2d(values).T).rank().to_numpy().T
    ranks = ranks - ranks.mean(1, keepdims=True)
    norm = np.linalg.norm(ranks, axis=1, keepdims=True)
    return np.divide(ranks, norm, out=np.zeros_like(ranks), where=norm > 0)


FIXED = -1
"""Stands for the run of what has no runs."""


@dataclass(frozen=True)
class Score:
    """One score's values, and what pairs of its runs are compared by."""

    values: np.ndarray
    """(runs, P)."""
    runs: np.ndarray
    """Which run each row is of: scores of one run are not independent. :data:`FIXED` for the only row of a score
    without runs, and below that the draws of one that has some of its own."""
    top: np.ndarray
    """:func:`hardest` of each row, (runs, P)."""
    ranks: np.ndarray
    """:func:`standardised_ranks` of each row."""

    @classmethod
    def of(cls, values: np.ndarray, runs: np.ndarray, count: int) -> "Score":
        return cls(values, runs, hardest(values, count), standardised_ranks(values))

    @property
    def fixed(self) -> bool:
        return self.runs[0] == FIXED


MEASURES: dict[str, Callable[[Score, Score], np.ndarray]] = {
    "jaccard": lambda a, b: jaccard(a.top, b.top),
    "rho": lambda a, b: a.ranks @ b.ranks.T,
}
"""Of every pair of rows of two scores, (runs_a, runs_b)."""


def between_runs(a: Score, b: Score, measure: str) -> Estimate:
    """Mean of a measure over pairs of rows of two scores that are of different runs, with its interval over runs.

    With ``a`` itself as ``b`` it is what two runs agree in: the ceiling of its agreement with others. A score without
    runs agrees with itself entirely.
    """
    if a.fixed and b.fixed:
        return Estimate(1.0 if a is b else float(MEASURES[measure](a, b)[0, 0]), np.nan, np.nan)
    pairs = MEASURES[measure](a, b)
    different = a.runs[:, None] != b.runs[None, :]
    runs = np.union1d(a.runs, b.runs)

    def mean(*kept: np.ndarray) -> float:
        left = np.concatenate([[FIXED], *kept])
        counted = different & np.isin(a.runs, left)[:, None] & np.isin(b.runs, left)[None, :]
        return pairs[counted].mean() if counted.any() else np.nan

    # Networks and draws of the folds vary by themselves.
    return jackknife([group for group in (runs[runs > FIXED], runs[runs < FIXED]) if len(group)], mean)


def of_means(a: Score, b: Score, measure: str, count: int) -> float:
    """The measure of two scores' means over all their runs."""
    a, b = (Score.of(score.values.mean(0, keepdims=True), np.zeros(1), count) for score in (a, b))
    return float(MEASURES[measure](a, b)[0, 0])


def disjoint_halves(n_runs: int, size: int, draws: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """``draws`` pairs of disjoint sets of ``size`` of ``n_runs`` runs, always the same draws."""
    rng = np.random.default_rng(0)
    orders = [rng.permutation(n_runs) for _ in range(draws)]
    return [(order[:size], order[size : 2 * size]) for order in orders]


def stability(score: Score, size: int, count: int, draws: int = 20) -> dict[str, np.ndarray]:
    """Measure -> its value between means over disjoint sets of ``size`` runs, one a draw, (draws,)."""
    halves = disjoint_halves(len(score.runs), size, draws)
    means = [Score.of(np.stack([score.values[half].mean(0) for half in pair]), np.arange(2), count) for pair in halves]
    return {name: np.array([measure(both, both)[0, 1] for both in means]) for name, measure in MEASURES.items()}
