"""Maps of a run's representation in the plane: by PCA, t-SNE (openTSNE) and UMAP, from start to end.

Each map is of the same subsample of points and made by itself, with the defaults of its package and a fixed seed: its
axes mean nothing beyond it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer, Protocol
from ..support.columns import LENSES_MAPS
from ..training.trajectory import Trajectory
from .lenses import points_of, representations, stragglers_of

STATES = ("start", "inversion", "end")
"""Epoch 0, t* and the last one."""


def pca(points: np.ndarray) -> np.ndarray:
    return PCA(2, svd_solver="full").fit_transform(points)


def tsne(points: np.ndarray) -> np.ndarray:
    """Its perplexity is openTSNE's, 30, or what so few points allow."""
    # An extra, which is not installed by default.
    from openTSNE import TSNE

    return np.asarray(TSNE(perplexity=min(30, (len(points) - 1) / 3), random_state=0, n_jobs=1).fit(points))


def umap(points: np.ndarray) -> np.ndarray:
    # An extra, which is not installed by default.
    from umap import UMAP

    return UMAP(random_state=0, n_jobs=1).fit_transform(points)


MAPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"pca": pca, "tsne": tsne, "umap": umap}
"""Name -> points (n, units) to places in the plane (n, 2)."""


def maps(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    trajectory: Trajectory,
    inversions: pd.DataFrame,
    address: Mapping[str, Any],
    name: str = "networks",
) -> pd.DataFrame:
    """The ``lenses_maps`` table of the first of a trajectory's runs that inverts: one row a point, map and state.

    ``inversions``: the rows that define its stragglers. Without a run that inverts the table has no rows.
    """
    first = next(stragglers_of(trajectory, inversions), None)
    if first is None:
        return pd.DataFrame(columns=list(LENSES_MAPS))
    run, t_star, stragglers = first
    sample = points_of(dataset.label_train, stragglers)
    layer, seeds = int(inversions["layer"].iloc[0]), trajectory.runs["seed"].tolist()
    states = dict(zip((0, t_star, protocol.epochs), STATES, strict=True))
    epochs = [tuple(states) if each == run else () for each in range(len(seeds))]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    **address,
                    "layer": layer,
                    "seed": seeds[run],
                    "map": kind,
                    "state": states[epoch],
                    "epoch": epoch,
                    "sample_id": dataset.sample_id[sample],
                    "label": dataset.label_train[sample],
                    "straggler": stragglers[sample],
                    **dict(zip("xy", make(unit[sample]).T, strict=True)),
                }
            )
            for _, epoch, unit in representations(dataset, network, optimizer, protocol, seeds, epochs, layer, name)
            for kind, make in MAPS.items()
        ],
        ignore_index=True,
    )[[*LENSES_MAPS]]
