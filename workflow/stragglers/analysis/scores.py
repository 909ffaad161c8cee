"""Which points matter: how hard each is by the scores of the field, on the same runs, and how well the scores agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from ..sets.difficulty import learning_and_forgetting
from ..sets.stragglers import CONSENSUS_RATE
from ..support.columns import SCORE_PAIRS, SCORE_STABILITY, SCORE_SUMMARY, SCORE_VARIANCE, SCORES
from ..support.intervals import MISSING, Estimate, jackknife
from ..training.trajectory import Trajectory
from .beyond_linear import own_share
from .ranking import FIXED, MEASURES, Score, between_runs, hardest, of_means, stability
from .score_names import ALL_SCORES, LINEAR, ONE_DIRECTION, STRAGGLER, TITLES
from .score_variance import one_direction, variance_of_all, variance_of_score

SIZES = (1, 2, 3, 5, 10, 15, 20)
"""Numbers of runs whose averages are compared."""


def scores_of_sets(trajectory: Trajectory, inversion: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of each run and point, (runs, P), that follow from the sets of a trajectory.

    ``inversion`` (runs,): t*, NaN where a run has none; it then has no stragglers, NaN.
    """
    straggles = np.full((len(inversion), trajectory.n_samples), np.nan)
    turned = np.flatnonzero(np.isfinite(inversion))
    straggles[turned] = trajectory.sets(inversion[turned].astype(int), turned)
    learning, forgetting = learning_and_forgetting(trajectory)
    return {STRAGGLER: straggles, "learning_time": learning, "forgetting": forgetting}


def joined(
    networks: Sequence[str], blocks: Sequence[Mapping[str, np.ndarray]]
) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Network -> its seeds, and score -> (runs, P), of ``blocks`` of runs, each with its ``seeds`` among the scores.

    ``networks``: of which network each block is.
    """
    found = {}
    for network in dict.fromkeys(networks):
        own = [block for name, block in zip(networks, blocks, strict=True) if name == network]
        values = {name: np.concatenate([block[name] for block in own]) for name in own[0]}
        found[network] = (values.pop("seeds"), values)
    return found


@dataclass(frozen=True)
class Scored:
    """All scores of one dataset's points."""

    networks: Mapping[str, tuple[np.ndarray, Mapping[str, np.ndarray]]]
    """Network -> its seeds, and score -> (runs, P); the reference first."""
    others: Mapping[str, np.ndarray]
    """Score without networks -> (draws, P)."""
    label: np.ndarray
    planted: np.ndarray
    """Booleans (P,): points whose label is known to be wrong, if there are any."""

    @property
    def count(self) -> int:
        """How many are the hardest: as many as the reference runs have consensus stragglers, and one at least."""
        values = next(iter(self.networks.values()))[1][STRAGGLER]
        whole = values[np.isfinite(values).all(1)]
        return max(1, int((whole.mean(0) >= CONSENSUS_RATE).sum())) if len(whole) else 1

    def of_network(self, network: str) -> dict[str, Score]:
        """Every score of the runs of a network that have it."""
        seeds, values = self.networks[network]
        kept = {name: np.isfinite(of_runs).all(1) for name, of_runs in values.items()}
        return {
            name: Score.of(values[name][kept[name]].astype(float), seeds[kept[name]], self.count)
            for name in TITLES
            if name in values and kept[name].any()
        }

    def all(self) -> dict[str, Score]:
        """Every score, of the reference's runs where it has runs, in the order of :data:`TITLES`."""
        found = self.of_network(next(iter(self.networks)))
        for name, draws in self.others.items():
            runs = np.array([FIXED]) if len(draws) == 1 else FIXED - 1 - np.arange(len(draws))
            found[name] = Score.of(draws, runs, self.count)
        return {name: found[name] for name in TITLES if name in found}


def scores_table(scored: Scored, sample_id: np.ndarray, addresses: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The ``scores`` table: one row a network, point and score, ``value`` the mean over runs or draws.

    ``addresses``: columns of each network's runs. Scores without networks stand with the reference.
    """
    parts = []
    for number, (network, address) in enumerate(zip(scored.networks, addresses, strict=True)):
        scores = scored.of_network(network) if number else scored.all()
        for name, score in scores.items():
            values = {"sample_id": sample_id, "score": name, "value": score.values.mean(0), "n_runs": len(score.runs)}
            parts.append(pd.DataFrame({**address, "layer": pd.NA, **values}))
    return pd.concat(parts, ignore_index=True)[list(SCORES)].astype({"layer": "Int32"})


def bounded(name: str, estimate: Estimate) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), map(float, estimate), strict=True))


def summary_table(scored: Scored, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``score_summary`` table: one row a score of the reference's runs.

    ``jaccard`` and ``rho``: what two runs of it agree in, the ceiling of its agreement with others; ``own_share``: of
    what its runs agree in, what the margins of linear classifiers and the label do not tell; ``recall``: share of the
    planted points among as many hardest of its mean, ``recall_run`` of a single run.
    """
    scores = scored.all()
    known = [scores[name].values[0] for name in LINEAR if name in scores] + [scored.label]
    rows = []
    for name, score in scores.items():
        of_runs = len(score.runs) > 1
        rows.append(
            {
                **address,
                "score": name,
                "n_runs": len(score.runs),
                "n_hardest": scored.count,
                **bounded("jaccard", between_runs(score, score, "jaccard")),
                **bounded("rho", between_runs(score, score, "rho")),
                **bounded("own_share", own_share(score.ranks, known) if of_runs else MISSING),
                **recalls(score, scored.planted),
            }
        )
    return pd.DataFrame(rows, columns=list(SCORE_SUMMARY))


def recalls(score: Score, planted: np.ndarray) -> dict[str, float]:
    """``recall`` and ``recall_run`` of a score, with intervals over runs; NaN where nothing is planted."""
    if not planted.any():
        return {**bounded("recall", MISSING), **bounded("recall_run", MISSING)}

    def recall(values: np.ndarray) -> np.ndarray:
        return hardest(values, int(planted.sum()))[..., planted].mean(-1)

    of_mean = jackknife([score.values], lambda kept: recall(kept.mean(0)))
    return {**bounded("recall", of_mean), **bounded("recall_run", jackknife([recall(score.values)], np.mean))}


def pairs_table(scored: Scored, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``score_pairs`` table: one row a pair of scores, one with itself included.

    ``jaccard`` of the hardest points and ``rho`` of the whole ranking, between different runs; ``jaccard_means`` and
    ``rho_means`` of the means over all runs, which have the runs themselves in common.
    """
    scores, rows = scored.all(), []
    for a, b in combinations_with_replacement(scores, 2):
        pair = scores[a], scores[b]
        between = {name: bounded(name, between_runs(*pair, name)) for name in MEASURES}
        means = {f"{name}_means": of_means(*pair, name, scored.count) for name in MEASURES}
        rows.append({**address, "score_a": a, "score_b": b, **between["jaccard"], **between["rho"], **means})
    return pd.DataFrame(rows, columns=list(SCORE_PAIRS))


def stability_table(scored: Scored, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``score_stability`` table: one row a score of runs, size of two disjoint sets of them, and measure.

    ``value``: mean over draws of two such sets; ``lowest`` and ``highest`` of the draws, which have runs in common.
    """
    rows = []
    for name, score in scored.all().items():
        for size in (size for size in SIZES if 2 * size <= len(score.runs)):
            for measure, values in stability(score, size, scored.count).items():
                spread = {"value": values.mean(), "lowest": values.min(), "highest": values.max()}
                rows.append({**address, "score": name, "size": size, "measure": measure, **spread})
    return pd.DataFrame(rows, columns=list(SCORE_STABILITY))


def variance_table(scored: Scored, address: Mapping[str, Any]) -> pd.DataFrame:
    """The ``score_variance`` table: one row a score (or ``all``) and component of the variance of its rankings.

    Of networks' scores, in the layout of :mod:`.score_variance`; of ``all`` also the share of the first principal
    component of the reference's mean rankings, ``one direction``, linear classifiers and labels' quality among them.
    """
    rankings = {
        (name, network): (score.runs, score.ranks)
        for network in scored.networks
        for name, score in scored.of_network(network).items()
    }
    names = dict.fromkeys(name for name, _ in rankings)
    found = {
        name: variance_of_score(of_name)
        for name in names
        if len(of_name := {key: kept for key, kept in rankings.items() if key[0] == name}) == len(scored.networks) > 1
    }
    if found:
        complete = {key: kept for key, kept in rankings.items() if key[0] in found}
        found[ALL_SCORES] = variance_of_all(complete)
    of_mean = {name: (score.runs, score.ranks) for name, score in scored.all().items()}
    found[ALL_SCORES] = found.get(ALL_SCORES, {}) | {ONE_DIRECTION: one_direction(of_mean)}
    n_runs = sum(len(seeds) for seeds, _ in scored.networks.values())
    rows = [
        {**address, "score": name, "component": component, **bounded("share", share), "n_runs": n_runs}
        for name, shares in found.items()
        for component, share in shares.items()
    ]
    return pd.DataFrame(rows, columns=list(SCORE_VARIANCE))
