"""Other lenses on the representation: numbers that know nothing of radii, and whether they turn at the inversion, too.

All are of unit representations at one hidden layer, at 25 epochs from t*/8 to 8 t*, evenly spaced in their logarithm.
Silhouette (Rousseeuw 1987), intrinsic dimension by two estimators (:mod:`.predictors`) and by the participation ratio
of the covariance's eigenvalues are of all P points; total persistence is of a subsample of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import uniform_filter1d
from scipy.spatial.distance import pdist
from sklearn.metrics import silhouette_samples

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer, Protocol
from ..support.columns import LENSES, LENSES_TURNS
from ..training.replay import replay, seen_by
from ..training.trajectory import Trajectory
from .predictors import N_NEIGHBOURS, mle_dimension, neighbours, two_nn_dimension

EXPECTED = {
    "distance": "max",
    "silhouette": "max",
    "components": "min",
    "loops": "min",
    "participation": "min",
    "two_nn": "min",
    "mle": "min",
}
"""Lens -> which extremum would be the inversion's: groups are farthest apart there, and what they fill is smallest."""
TIMES = 2.0 ** (np.arange(-12, 13) / 4)
"""Of t*, at which a run is looked at: four to an octave, three octaves before and after."""
FACTOR = 1.5
"""A turn is at the inversion if their epochs are within this factor: two places of :data:`TIMES`, as the running mean
is of three. A turn anywhere in these six octaves would be there by chance in 1 of 5 runs."""
LEAST_DEPTH = 0.1
"""Of the range of a curve, by which it must leave its extremum on both sides: no ripple of what rises throughout."""
LEAST_NOISE = 5
"""The same in standard deviations of the noise. Of 25 points of noise without memory fewer than 1 in 100 turn, and of
bumps 8 deviations high 9 in 10 are found (``tests/analysis/test_lenses.py``)."""
N_POINTS = 400
"""Points at most of which there is persistent homology, whose cost grows with the cube of their number, and a map."""


class Turn(NamedTuple):
    """Of a curve; ``place`` is None where it does not turn."""

    place: int | None
    prominence: float
    required: float


def turn_of(values: np.ndarray, turn: str) -> Turn:
    """Where a curve of a few points, evenly spaced, turns from a "max" or a "min" (``turn``).

    The candidate is the extremum of its running mean of three points. It is a turn if the mean leaves it on both sides
    by more than :data:`LEAST_DEPTH` of its range *and* :data:`LEAST_NOISE` standard deviations of the noise, which are
    measured from second differences, as :func:`..geometry.inversion.find_inversion` does for curves of all epochs.
    """
    values = np.asarray(values, float)
    if len(values) < 5 or not np.isfinite(values).all():
        return Turn(None, 0.0, np.nan)
    smooth = uniform_filter1d(values if turn == "max" else -values, 3, mode="nearest")
    at = int(smooth.argmax())
    depth = smooth[at] - smooth
    prominence = float(min(depth[: at + 1].max(), depth[at:].max()))
    noise = 1.4826 * np.median(np.abs(np.diff(values, 2))) / np.sqrt(6)
    required = float(max(LEAST_DEPTH * np.ptp(smooth), LEAST_NOISE * noise))
    return Turn(at if prominence > required else None, prominence, required)


def epochs_around(inversion: int, last: int) -> np.ndarray:
    """The distinct epochs nearest to :data:`TIMES` t*, up to the ``last`` of the training."""
    epochs = np.unique((TIMES * inversion).round().astype(int))
    return epochs[epochs <= last]


def subsample(strata: np.ndarray, size: int, seed: int = 0) -> np.ndarray:
    """Places (ascending) of ``size`` points at most, of each stratum (n,) its share: at least one if it has any.

    The shares are rounded, so that their sum may differ from ``size`` by one a stratum.
    """
    if len(strata) <= size:
        return np.arange(len(strata))
    rng = np.random.default_rng(seed)
    of_each = (np.flatnonzero(strata == each) for each in np.unique(strata))
    chosen = [rng.choice(own, max(1, round(size * len(own) / len(strata))), replace=False) for own in of_each]
    return np.sort(np.concatenate(chosen))


def points_of(label: np.ndarray, stragglers: np.ndarray) -> np.ndarray:
    """The subsample of :data:`N_POINTS` in which groups and the stragglers of each have their shares."""
    return subsample(2 * np.unique(label, return_inverse=True)[1] + stragglers, N_POINTS)


def total_persistence(points: np.ndarray) -> tuple[float, float]:
    """Sum of the lifetimes of connected components, and of loops, in the Vietoris-Rips filtration of (n, d) points.

    The component that never ends is left out; what is left of the first is the length of a minimal spanning tree.
    """
    # An extra, which is not installed by default.
    from ripser import ripser

    lifetimes = [np.diff(diagram, axis=1) for diagram in ripser(points, maxdim=1)["dgms"]]
    components, loops = (float(each[np.isfinite(each)].sum()) for each in lifetimes)
    return components, loops


def participation(points: np.ndarray) -> float:
    """(Σλ)² / Σλ² of the eigenvalues of the covariance of (n, d) points: how many directions they spread along."""
    covariance = np.cov(points, rowvar=False)
    return float(np.trace(covariance) ** 2 / (covariance**2).sum())


def lenses_of(unit: np.ndarray, group: np.ndarray, stragglers: np.ndarray, sample: np.ndarray) -> dict[str, float]:
    """Every lens of :data:`EXPECTED` on one state, and the silhouette of the stragglers alone.

    ``unit``: unit representations (P, units) in double precision; ``group`` (P,), ``stragglers`` (P,), booleans, and
    the places ``sample`` of those of which there is homology.
    """
    silhouettes = silhouette_samples(unit, group)
    distances = neighbours(unit, min(N_NEIGHBOURS, len(unit) - 1))
    components, loops = total_persistence(unit[sample])
    return {
        "distance": float(pdist(np.array([unit[group == each].mean(axis=0) for each in np.unique(group)])).mean()),
        "silhouette": float(silhouettes.mean()),
        "components": components,
        "loops": loops,
        "participation": participation(unit),
        "two_nn": two_nn_dimension(distances),
        "mle": mle_dimension(distances),
        "silhouette_stragglers": float(silhouettes[stragglers].mean()) if stragglers.any() else np.nan,
    }


def representations(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    seeds: Sequence[int],
    epochs: Sequence[Collection[int]],
    layer: int,
    name: str = "networks",
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Run, epoch and unit representations (P, units) at hidden ``layer`` (from 1 on), run after run of an epoch.

    The runs of ``seeds`` are trained once more, each looked at in ``epochs`` of its own.
    """
    looked_at = sorted({epoch for own in epochs for epoch in own})
    for epoch, data, ensembles in replay(
        dataset, network, optimizer, protocol, seeds, looked_at, device="cpu", name=name
    ):
        first = 0
        for ensemble in ensembles:
            runs = range(first, first := first + ensemble.n_runs)
            if any(epoch in epochs[run] for run in runs):
                hidden = seen_by(ensemble, data.x)[0][layer - 1].double()
                unit = torch.nn.functional.normalize(hidden, dim=1).transpose(1, 2).numpy()
                yield from ((run, epoch, unit[run - runs[0]]) for run in runs if epoch in epochs[run])


def stragglers_of(trajectory: Trajectory, inversions: pd.DataFrame) -> Iterator[tuple[int, int, np.ndarray]]:
    """Run, t* and stragglers (P,), booleans, of the runs that invert; ``inversions`` as :func:`lenses` has them."""
    for row in inversions[inversions["found"].astype(bool)].itertuples():
        yield int(row.run), int(row.epoch), trajectory.sets(int(row.epoch), int(row.run))


def lenses(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    trajectory: Trajectory,
    inversions: pd.DataFrame,
    address: Mapping[str, Any],
    name: str = "networks",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ``lenses`` and ``lenses_turns`` tables of a trajectory's runs that invert.

    ``inversions``: the rows that define their stragglers. ``lenses``: one row a run and epoch; ``n_points`` have
    homology. ``lenses_turns``: as :func:`turns_table`.
    """
    inverted = {run: (epoch, points) for run, epoch, points in stragglers_of(trajectory, inversions)}
    samples = {run: points_of(dataset.label_train, points) for run, (_, points) in inverted.items()}
    seeds = trajectory.runs["seed"].tolist()
    epochs = [epochs_around(inverted[run][0], protocol.epochs) if run in inverted else () for run in range(len(seeds))]
    layer = int(inversions["layer"].iloc[0])
    rows = [
        {
            **address,
            "layer": layer,
            "seed": seeds[run],
            "t_star": inverted[run][0],
            "epoch": epoch,
            "train_error": trajectory.train_error[epoch, run],
            "n_points": len(samples[run]),
            **lenses_of(unit, dataset.label_train, inverted[run][1], samples[run]),
        }
        for run, epoch, unit in representations(dataset, network, optimizer, protocol, seeds, epochs, layer, name)
    ]
    of_epochs = pd.DataFrame(rows, columns=list(LENSES)).sort_values(["seed", "epoch"], ignore_index=True)
    return of_epochs, turns_table(of_epochs)


def turns_table(of_epochs: pd.DataFrame) -> pd.DataFrame:
    """The ``lenses_turns`` table: one row a run, lens and extremum, that of :data:`EXPECTED` and the other one.

    ``ratio`` of the turn's epoch and t*; ``at_inversion``: whether there is one within :data:`FACTOR` of it.
    """
    rows = []
    for _, run in of_epochs.groupby("seed"):
        about = {column: run[column].iloc[0] for column in LENSES_TURNS if column in run and column != "epoch"}
        for lens, expected in EXPECTED.items():
            for turn in ("max", "min"):
                place, prominence, required = turn_of(run[lens], turn)
                found = place is not None
                epoch = int(run["epoch"].iloc[place]) if found else pd.NA
                ratio = epoch / about["t_star"] if found else np.nan
                rows.append(
                    {
                        **about,
                        "lens": lens,
                        "turn": turn,
                        "expected": turn == expected,
                        "n_epochs": len(run),
                        "found": found,
                        "epoch": epoch,
                        "ratio": ratio,
                        "at_inversion": found and 1 / FACTOR <= ratio <= FACTOR,
                        "prominence": prominence,
                        "required": required,
                    }
                )
    return pd.DataFrame(rows, columns=list(LENSES_TURNS)).astype({"epoch": "Int32"})
