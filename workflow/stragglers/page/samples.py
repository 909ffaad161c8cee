"""Stragglers one by one, and typical points to compare them with: how they look, and how runs fared with them."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..data.datasets import Dataset, flatten
from ..data.own import Origins
from ..sets.exemplars import frequent_stragglers, pictures, png, stretched, typical_points
from ..sets.listing import class_names
from ..support.numbers import rounded, rounded_one
from ..support.text import printable
from ..training.trajectory import Trajectory, logarithmic_epochs

STRAGGLERS = 200
TYPICAL = 50
EPOCHS = 48
"""Epochs of a sample's history, about, evenly spaced in their logarithm."""
RUNS = 20
"""Runs of a sample's history."""
SIDE = 64
"""Pixels; larger images are made smaller."""
FEATURES = 40
"""Features of a sample that are listed, those furthest from the mean first."""


def gallery(
    stragglers: pd.DataFrame,
    dataset: Dataset,
    trajectories: Sequence[Trajectory],
    turns: pd.DataFrame,
    origins: Origins | None = None,
    late: Sequence[int] = (),
) -> dict:
    """The samples of a cell to show: its ``stragglers`` rows, dataset and trajectories.

    ``turns``: ``seed`` and ``epoch`` of the runs that inverted. Without any the samples are those with ids ``late``,
    the last learned. ``origins``: where they are from and what their classes are called, of data that know it.
    """
    sources, classes = called(dataset, origins)
    rate = stragglers.set_index("sample_id")["straggler_rate"].reindex(dataset.sample_id).to_numpy(float)
    chosen, kinds = choose(rate, dataset) if len(turns) else latest(late, dataset)
    epochs, seeds, wrong = histories(trajectories, chosen)
    shown = portraits(dataset, chosen, [] if origins is None else origins.feature)
    return {
        "epochs": epochs.tolist(),
        "runs": [f"seed {seed}" for seed in seeds],
        "turns": rounded(turns.set_index("seed")["epoch"].astype(float).reindex(seeds)),
        "n_runs": int(stragglers["n_runs"].max()) if len(stragglers) else 0,
        "samples": [
            {
                "id": int(dataset.sample_id[sample]),
                "source": sources[sample],
                "class": classes[sample],
                "label": int(dataset.label_train[sample]),
                "rate": rounded_one(rate[sample]),
                "kind": kind,
                "wrong": packed(wrong[:, :, place]),
                **shown[place],
            }
            for place, (sample, kind) in enumerate(zip(chosen, kinds, strict=True))
        ],
    }


def called(dataset: Dataset, origins: Origins | None) -> tuple[list[str], list[str]]:
    """Of each training point where it is from, and its class, as texts (P,)."""
    if origins is None:
        sources = [f"sample {number}" for number in dataset.sample_id]
    else:
        kind = "" if origins.kind == "file" else f"{origins.kind} "
        sources = [printable(f"{kind}{text}") for text in origins.train.tolist()]
    return sources, class_names(dataset, origins).tolist()


def choose(rate: np.ndarray, dataset: Dataset) -> tuple[np.ndarray, list[str]]:
    """Positions of the most frequent stragglers and of typical points of every class, and which is what."""
    classes = dataset.class_train
    frequent = frequent_stragglers(rate, classes, dataset.sample_id, STRAGGLERS)
    like = np.sort(np.resize(np.unique(classes), TYPICAL)) if len(frequent) else np.empty(0, int)
    typical = typical_points(rate, classes, dataset.images_train, like)
    return np.concatenate([frequent, typical]), ["straggler"] * len(frequent) + ["typical"] * len(typical)


def latest(late: Sequence[int], dataset: Dataset) -> tuple[np.ndarray, list[str]]:
    """Positions of the first of the samples with these ids, which the runs learn last."""
    ids = late[:STRAGGLERS]
    order = np.argsort(dataset.sample_id, kind="stable")
    return order[np.searchsorted(dataset.sample_id, ids, sorter=order)], ["late"] * len(ids)


def histories(trajectories: Sequence[Trajectory], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Epochs, seeds of the first :data:`RUNS` runs, and which misclassify which samples: (epochs, runs, samples)."""
    last = max((len(trajectory.loss) for trajectory in trajectories), default=1) - 1
    epochs = logarithmic_epochs(max(last, 1), EPOCHS)
    seeds = [trajectory.runs["seed"].to_numpy(int) for trajectory in trajectories]
    sets = [
        trajectory.sets(epochs[:, None], np.arange(len(trajectory.runs))[None])[..., chosen]
        for trajectory in trajectories
    ]
    if not sets:
        return epochs, np.empty(0, int), np.empty((len(epochs), 0, len(chosen)), bool)
    return epochs, np.concatenate(seeds)[:RUNS], np.concatenate(sets, axis=1)[:, :RUNS]


def packed(wrong: np.ndarray) -> str:
    """Booleans (epochs, runs), eight a byte, in base64."""
    return base64.b64encode(np.packbits(wrong.ravel()).tobytes()).decode("ascii")


def portraits(dataset: Dataset, chosen: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    """How each sample looks: an ``image``, or ``features``, by ``names`` if they have any, where it is a vector."""
    if dataset.images_train.ndim == 2:
        return features_of(dataset, chosen, names)
    images = pictures(dataset.images_train[chosen]) if len(chosen) else np.empty(0)
    return [{"image": data_uri(image)} for image in as_bytes(images)]


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images with 0 to 255 a pixel: as the figures show them, in dark ink on white where they have one channel."""
    grey = images.ndim == 3
    if images.size and (grey or images.dtype != np.uint8):
        images = stretched(images)
    return 255 - images if grey else images


def data_uri(image: np.ndarray) -> str:
    """A PNG that the page holds."""
    return "data:image/png;base64," + base64.b64encode(png(image, SIDE, optimize=True)).decode("ascii")


def features_of(dataset: Dataset, chosen: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    """Features by name: value, and its standard deviations from the mean of all points and of its class."""
    values = flatten(dataset.images_train)
    if not len(names):
        names = [f"x{number}" for number in range(values.shape[1])]
    from_all = deviations(values, values)
    rows = []
    for sample in chosen:
        own = values[dataset.class_train == dataset.class_train[sample]]
        from_class = deviations(own, values[sample])
        order = np.argsort(-np.abs(from_class), kind="stable")[:FEATURES]
        columns = (values[sample], from_all[sample], from_class)
        listed = [[printable(str(names[k])), *rounded((column[k] for column in columns), 3)] for k in order]
        rows.append({"features": listed, "n_features": values.shape[1]})
    return rows


def deviations(among: np.ndarray, values: np.ndarray) -> np.ndarray:
    """``values`` less the mean of each feature ``among`` points, in their standard deviations; 0 of a constant one."""
    spread = among.std(axis=0)
    return np.divide(values - among.mean(axis=0), spread, out=np.zeros_like(values), where=spread > 0)
