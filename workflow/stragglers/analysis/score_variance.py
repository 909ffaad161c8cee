"""What rankings of points by their difficulty vary with: runs, scores, architectures; and what is common to all.

In the manner of Kwok et al. (2024). Every run of every architecture ranks the points by every score. Standardised
ranks have the variance 1 whatever the score, and the mean product of two rankings is what their variance has in common:
each component is a difference of such means over pairs of rankings that share a score, an architecture or neither.
"""

from collections.abc import Mapping

import numpy as np

from ..support.intervals import Estimate, jackknife

SHARED = ("points", "architecture", "run")
"""Components of one score: what all networks agree in, what those of one architecture beside that, and the rest."""
ALL = ("points", "score", "architecture", "score and architecture", "run", "rest")
"""Components of all scores together. ``run``: what scores of one run have in common that those of others have not."""

Rankings = Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]]
"""(score, architecture) -> seeds (runs,) and :func:`.ranking.standardised_ranks` (runs, P)."""


def products(rankings: Rankings) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Products of all pairs of rankings (n, n); and the score, the architecture and the seed of each, (n,)."""
    ranks = np.concatenate([ranks for _, ranks in rankings.values()])
    lengths = [len(seeds) for seeds, _ in rankings.values()]
    score, architecture = (
        np.repeat(np.unique(names, return_inverse=True)[1], lengths) for names in zip(*rankings, strict=True)
    )
    return ranks @ ranks.T, score, architecture, np.concatenate([seeds for seeds, _ in rankings.values()])


def variance_of_score(rankings: Rankings) -> dict[str, Estimate]:
    """Shares of the variance of one score's rankings, :data:`SHARED`, which add up to 1, with intervals over runs.

    Two networks of one seed may begin with the same numbers: they count in no pair. Unbiased, so that a share may be
    negative where there is none.
    """
    product, _, architecture, seed = products(rankings)
    alike = architecture[:, None] == architecture[None, :]

    def shares(kept: np.ndarray) -> np.ndarray:
        pairs = _pairs_of_different(seed, kept)
        within, between = product[pairs & alike].mean(), product[pairs & ~alike].mean()
        return np.array([between, within - between, 1 - within])

    return _named(SHARED, jackknife([np.unique(seed)], shares))


def variance_of_all(rankings: Rankings) -> dict[str, Estimate]:
    """Shares of the variance of all scores' rankings, :data:`ALL`, as those of :func:`variance_of_score`.

    ``score``: what one score says of points on all architectures that others do not; ``architecture``: what all scores
    say on one architecture that they do not on others.
    """
    product, score, architecture, seed = products(rankings)
    of_score = score[:, None] == score[None, :]
    of_architecture = architecture[:, None] == architecture[None, :]

    def shares(kept: np.ndarray) -> np.ndarray:
        pairs = _pairs_of_different(seed, kept)
        both, one_score, one_architecture, neither = (
            product[pairs & (of_score == a) & (of_architecture == b)].mean()
            for a, b in ((True, True), (True, False), (False, True), (False, False))
        )
        of_run = (seed[:, None] == seed[None, :]) & of_architecture & ~of_score & np.isin(seed, kept)[:, None]
        run = product[of_run].mean() - one_architecture
        scores, architectures = one_score - neither, one_architecture - neither
        return np.array([neither, scores, architectures, both - neither - scores - architectures, run, 1 - both - run])

    return _named(ALL, jackknife([np.unique(seed)], shares))


def _pairs_of_different(seed: np.ndarray, kept: np.ndarray) -> np.ndarray:
    left = np.isin(seed, kept)
    return (seed[:, None] != seed[None, :]) & left[:, None] & left[None, :]


def _named(components: tuple[str, ...], shares: Estimate) -> dict[str, Estimate]:
    return {name: Estimate(*map(float, parts)) for name, *parts in zip(components, *shares, strict=True)}


def one_direction(rankings: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Estimate:
    """Share of the largest principal component in the variance of scores' mean rankings, with its interval over runs.

    ``rankings``: score -> seeds and ranks, as in :data:`Rankings`, of one architecture. Seeds below 0 are of what has
    no runs of networks (:class:`.ranking.Score`).
    """

    def share(kept: np.ndarray) -> float:
        # What has no runs of networks is left as it is.
        means = [ranks[np.isin(seeds, kept) | (seeds < 0)].mean(0) for seeds, ranks in rankings.values()]
        means = np.stack([mean / np.linalg.norm(mean) for mean in means])
        return np.linalg.eigvalsh(means @ means.T)[-1] / len(means)

    seeds = np.unique(np.concatenate([seeds for seeds, _ in rankings.values()]))
    return Estimate(*map(float, jackknife([seeds[seeds >= 0]], share)))
