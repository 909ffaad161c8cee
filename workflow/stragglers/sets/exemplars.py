"""Which points stand for the stragglers and for the rest on a contact sheet."""

import io
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from ..data.datasets import Dataset
from ..data.own import Origins
from ..support.sealed import read_arrays, write_arrays

COUNT = 14
FEATURES = 8
"""Features of vectors that are shown."""


@dataclass(frozen=True)
class Exemplars:
    """Points to show, one entry each; first the stragglers, then as many typical points."""

    images: np.ndarray
    """Raw pixels, (n, height, width) or (n, height, width, 3); of vectors (n, features), some of their features."""
    classes: np.ndarray
    """What the class of each is called."""
    label: np.ndarray
    rate: np.ndarray
    sample_id: np.ndarray
    kind: np.ndarray
    """``straggler`` or ``typical``."""
    features: np.ndarray = field(default_factory=lambda: np.empty(0, str))
    """Names of the features that are shown; images have none."""
    quantiles: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Share of the training points with a smaller value, half of equal ones counted (n, features)."""

    def save(self, path: str) -> None:
        write_arrays(asdict(self), path)

    @classmethod
    def load(cls, path: str) -> "Exemplars":
        return cls(**read_arrays(path))

    def of(self, kind: str, most: int = COUNT) -> "Exemplars":
        """The first points of a kind."""
        these = np.flatnonzero(self.kind == kind)[:most]
        each = {name: values for name, values in asdict(self).items() if len(values) == len(self.kind)}
        return replace(self, **{name: values[these] for name, values in each.items() if name != "features"})


def frequent_stragglers(rate: np.ndarray, classes: np.ndarray, sample_id: np.ndarray, count: int) -> np.ndarray:
    """Positions of the ``count`` most frequent stragglers, the most frequent first, ties by ``sample_id``.

    No class has more than its even share, or a sheet could show one class only.
    """
    points = pd.DataFrame({"rate": rate, "class": classes, "sample_id": sample_id}).query("rate > 0")
    if points.empty:
        return np.empty(0, int)
    share = -(-count // points["class"].nunique())
    points = points.sort_values(["rate", "sample_id"], ascending=[False, True])
    return points.groupby("class").head(share).head(count).index.to_numpy(int)


def typical_points(rate: np.ndarray, classes: np.ndarray, images: np.ndarray, like: np.ndarray) -> np.ndarray:
    """For each class in ``like``, a point that is never a straggler, nearest to its class mean in pixels.

    A class that occurs k times gets its k nearest; one with fewer such points gets what it has.
    """
    nearest: dict[int, list[int]] = {}
    for c in np.unique(like):
        members = np.flatnonzero(classes == c)
        pixels = images[members].reshape(len(members), -1).astype(np.float32)
        distance = np.square(pixels - pixels.mean(axis=0)).sum(axis=1)
        never = rate[members] == 0
        nearest[c] = list(members[never][np.argsort(distance[never], kind="stable")])
    return np.array([nearest[c].pop(0) for c in like if nearest[c]], int)


def pictures(images: np.ndarray) -> np.ndarray:
    """Raw samples as what can be shown: (n, height, width), or (n, height, width, 3) in colour.

    A vector becomes a square where its length is one, else a strip one pixel high; channels other
    than three are averaged.
    """
    if images.ndim == 4:
        return images if images.shape[3] == 3 else images.mean(axis=3)
    if images.ndim == 3:
        return images
    length = int(np.prod(images.shape[1:]))
    side = int(np.sqrt(length))
    height = side if side * side == length else 1
    return images.reshape(len(images), height, length // height)


def stretched(images: np.ndarray) -> np.ndarray:
    """Images of any numbers as bytes, from the darkest pixel of all to the brightest."""
    low, high = float(images.min()), float(images.max())
    return ((images - low) * (255 / (high - low or 1))).round().astype(np.uint8)


def png(pixels: np.ndarray, side: int | None = None, optimize: bool = False) -> bytes:
    """Bytes (height, width) or (height, width, 3) as a PNG file, made smaller to ``side`` pixels if they are larger."""
    from PIL import Image

    picture, file = Image.fromarray(pixels), io.BytesIO()
    if side:
        picture.thumbnail((side, side))
    picture.save(file, "PNG", optimize=optimize)
    return file.getvalue()


def choose_exemplars(
    stragglers: pd.DataFrame, dataset: Dataset, origins: Origins | None = None, count: int = COUNT
) -> Exemplars:
    """The most frequent stragglers of a cell (its ``stragglers`` table) and as many typical points.

    The i-th typical point is of the i-th straggler's class. Without an inversion, or without the
    cell, there are none of either. ``origins`` have the names of classes and features, which are else numbers.
    """
    rate = stragglers.set_index("sample_id")["straggler_rate"].reindex(dataset.sample_id).to_numpy(float)
    frequent = frequent_stragglers(rate, dataset.class_train, dataset.sample_id, count)
    typical = typical_points(rate, dataset.class_train, dataset.images_train, dataset.class_train[frequent])
    chosen = np.concatenate([frequent, typical])
    vectors = dataset.images_train.ndim == 2
    telling = telling_features(dataset, frequent) if vectors else []
    named = dict(zip(origins.class_number.tolist(), origins.class_name.tolist(), strict=True)) if origins else {}
    names = np.array([f"feature {number}" for number in range(dataset.images_train.shape[1])])
    if origins and len(origins.feature):
        names = origins.feature
    return Exemplars(
        images=dataset.images_train[np.ix_(chosen, telling)] if vectors else pictures(dataset.images_train[chosen]),
        classes=np.array([str(named.get(number, number)) for number in dataset.class_train[chosen].tolist()], str),
        label=dataset.label_train[chosen],
        rate=rate[chosen],
        sample_id=dataset.sample_id[chosen],
        kind=np.array(["straggler"] * len(frequent) + ["typical"] * len(typical), dtype="<U9"),
        features=names[telling] if vectors else np.empty(0, str),
        quantiles=quantiles(dataset.images_train[:, telling], chosen) if vectors else np.empty((len(chosen), 0)),
    )


def telling_features(dataset: Dataset, stragglers: np.ndarray, count: int = FEATURES) -> np.ndarray:
    """The ``count`` features in which ``stragglers`` are on average furthest from the mean of their class.

    In standard deviations of the class; a feature that is constant in it tells nothing.
    """
    if not len(stragglers):
        return np.arange(min(count, dataset.images_train.shape[1]))
    x = dataset.images_train.astype(np.float64)
    away = np.zeros((len(stragglers), x.shape[1]))
    for row, sample in enumerate(stragglers):
        own = x[dataset.class_train == dataset.class_train[sample]]
        spread = own.std(axis=0)
        away[row] = np.divide(np.abs(x[sample] - own.mean(axis=0)), spread, out=away[row], where=spread > 0)
    return np.argsort(-away.mean(axis=0), kind="stable")[:count]


def quantiles(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Of each feature of the ``chosen`` rows of ``values`` (P, features), the share of rows that have less."""
    below = np.stack([(values < values[row]).mean(axis=0) for row in chosen]) if len(chosen) else values[:0]
    equal = np.stack([(values == values[row]).mean(axis=0) for row in chosen]) if len(chosen) else values[:0]
    return below + equal / 2
