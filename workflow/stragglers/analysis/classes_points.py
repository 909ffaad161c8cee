"""Are the stragglers of ten classes those of parity? Rankings of the same points by runs of both tasks, compared.

A ranking is an array (runs, P), one row a seed, of how hard each point is: booleans, or NaN where a run cannot tell.
Rates over half the seeds are compared with rates over the other half, so that no two come from the same initial
weights, and what two halves agree in of *one* ranking is the ceiling of its agreement with another.
"""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from ..sets.stragglers import CONSENSUS_RATE, StragglerSets
from ..support.columns import CLASSES_POINTS
from ..support.intervals import Estimate, jackknife
from .ranking import hardest, jaccard, standardised_ranks

RANKINGS = ("classes", "own", "across", "parity")
"""A point is misclassified when the mean distance of the classes turns; when its own class's radius does; then, as the
first, but for a class of the other parity; and when parity's manifolds turn."""
MEASURES = ("jaccard", "rho", "jaccard_ratio", "rho_ratio", "shared_a", "shared_b")
"""Jaccard index of as many hardest points, Spearman's ρ, and both over their ceiling: the geometric mean of what the
halves of either ranking agree in. Then the share of a single run's points of the one that are among those of a run of
the other, with another seed."""


def halves(n_runs: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Splits of ``n_runs`` into two halves, each run as often in either; of an odd number one stays out."""
    size = n_runs // 2
    orders = [np.roll(np.arange(n_runs), -start) for start in range(n_runs)]
    return [(order[:size], order[size : 2 * size]) for order in orders]


def rates(rankings: np.ndarray) -> np.ndarray:
    """Mean over the runs that can tell, (rankings, runs, P) -> (rankings, P)."""
    known = np.isfinite(rankings)
    with np.errstate(invalid="ignore"):
        return np.nansum(rankings, axis=1) / known.sum(axis=1)


def shared(rankings: np.ndarray) -> np.ndarray:
    """Share of the points of a run's a that are in b of another run, (K, K), of rankings (K, runs, P).

    A point of which a run cannot tell is in no set.
    """
    sets = np.nan_to_num(rankings).astype(float)
    n_runs, sums = sets.shape[1], sets.sum(axis=1)
    # All pairs of runs, without those of a run with itself.
    common = sums @ sums.T - np.einsum("arp,brp->ab", sets, sets)
    pairs = (n_runs - 1) * sums.sum(axis=1)[:, None]
    return np.divide(common, pairs, out=np.full_like(common, np.nan), where=pairs > 0)


def compared(rankings: np.ndarray, count: int) -> np.ndarray:
    """What all pairs of rankings agree in, (measures, K, K), of rankings (K, runs, P); NaN for fewer than two runs.

    Points of which a half cannot tell are left out there.
    """
    found = []
    for first, second in halves(rankings.shape[1]):
        a, b = rates(rankings[:, first]), rates(rankings[:, second])
        known = np.isfinite(a).all(axis=0) & np.isfinite(b).all(axis=0)
        if known.sum() < max(2, count):
            continue
        a, b = a[:, known], b[:, known]
        values = jaccard(hardest(a, count), hardest(b, count)), standardised_ranks(a) @ standardised_ranks(b).T
        found.append([(value + value.T) / 2 for value in values])
    if not found:
        return np.full((len(MEASURES), len(rankings), len(rankings)), np.nan)
    agreement = np.mean(found, axis=0)
    own = np.sqrt(np.diagonal(agreement, axis1=1, axis2=2).clip(0))
    ceiling = own[:, :, None] * own[:, None, :]
    ratio = np.divide(agreement, ceiling, out=np.full_like(agreement, np.nan), where=ceiling > 0)
    one_way = shared(rankings)
    return np.concatenate([agreement, ratio, [one_way, one_way.T]])


def chance(rates: np.ndarray, count: int, group: np.ndarray) -> np.ndarray:
    """Jaccard index of the ``count`` hardest with as many random points of the same classes, (K, P) -> (K, K)."""
    known = np.isfinite(rates).all(axis=0)
    if known.sum() < count:
        return np.full((len(rates), len(rates)), np.nan)
    top = hardest(rates[:, known], count)
    member = np.eye(group.max() + 1)[group[known]]
    common = (top @ member / member.sum(axis=0).clip(1)) @ (top @ member).T
    return common / (2 * count - common)


def across_groups(taken_for: np.ndarray, group: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Which points runs take for a class that is in another of the two ``coarse`` groups, booleans (runs, P).

    ``taken_for`` (runs, P) and ``group`` (P,): numbers of classes; ``coarse`` (P,): a point's group of the other task.
    """
    coarse_of = np.zeros(group.max() + 1, int)
    coarse_of[group] = coarse
    return coarse_of[taken_for] != coarse


def common_rankings(
    classes: StragglerSets, own: tuple[np.ndarray, np.ndarray], across: np.ndarray, parity: StragglerSets
) -> np.ndarray:
    """:data:`RANKINGS` (4, runs, P) of the seeds that invert in both tasks.

    ``own``: seeds of all runs of the classes, and :func:`..sets.stragglers.own_straggler_sets`; ``across``: a row for
    each of ``classes``.
    """
    seeds = np.intersect1d(classes.seeds, parity.seeds)
    by_seed = ((classes.seeds, classes.sets), own, (classes.seeds, across), (parity.seeds, parity.sets))

    def rows(of: np.ndarray, values: np.ndarray) -> np.ndarray:
        order = np.argsort(of)
        return values[order[np.searchsorted(of, seeds, sorter=order)]]

    return np.stack([rows(*ranking).astype(np.float32) for ranking in by_seed])


def points_table(rankings: np.ndarray, group: np.ndarray, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``classes_points`` table of one dataset: one row a pair of rankings (4, runs, P), itself with itself first.

    ``n_hardest``: as many as ``classes`` has consensus stragglers, and one at least; ``share_a``, ``share_b``: of the
    points, the mean over runs.
    """
    n_runs = rankings.shape[1]
    overall = rates(rankings)
    count = max(1, int((overall[0] >= CONSENSUS_RATE).sum()))
    estimates = jackknife([np.arange(n_runs)], lambda kept: compared(rankings[:, kept], count))
    if not n_runs:
        estimates = Estimate(*np.full((3, len(MEASURES), len(RANKINGS), len(RANKINGS)), np.nan))
    random = chance(overall, count, group)
    shares = [float(rate[np.isfinite(rate)].mean()) if np.isfinite(rate).any() else np.nan for rate in overall]
    pairs = sorted(combinations_with_replacement(range(len(RANKINGS)), 2), key=lambda pair: pair[0] != pair[1])
    rows = [
        {
            **{name: address[name] for name in ("dataset", "source", "task", "subset")},
            "ranking_a": RANKINGS[a],
            "ranking_b": RANKINGS[b],
            "n_runs": n_runs,
            "n_hardest": count,
            "share_a": shares[a],
            "share_b": shares[b],
            "jaccard_chance": random[a, b],
            **{
                f"{measure}{bound}": values[number, a, b]
                for number, measure in enumerate(MEASURES)
                for bound, values in zip(("", "_low", "_high"), estimates, strict=True)
            },
        }
        for a, b in pairs
    ]
    return pd.DataFrame(rows, columns=list(CLASSES_POINTS))
