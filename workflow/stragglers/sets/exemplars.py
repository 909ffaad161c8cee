"""Which points stand for the stragglers and for the rest on a contact sheet."""

import io
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ..data.datasets import Dataset
from ..support.sealed import read_arrays, write_arrays

COUNT = 14


@dataclass(frozen=True)
class Exemplars:
    """Points to show, one entry each; first the stragglers, then as many typical points."""

    images: np.ndarray
    """Raw pixels, (n, height, width) or (n, height, width, 3)."""
    classes: np.ndarray
    label: np.ndarray
    rate: np.ndarray
    sample_id: np.ndarray
    kind: np.ndarray
    """``straggler`` or ``typical``."""

    def save(self, path: str) -> None:
        write_arrays(asdict(self), path)

    @classmethod
    def load(cls, path: str) -> "Exemplars":
        return cls(**read_arrays(path))

    def of(self, kind: str) -> "Exemplars":
        return Exemplars(**{name: values[self.kind == kind] for name, values in asdict(self).items()})


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


def choose_exemplars(stragglers: pd.DataFrame, dataset: Dataset, count: int = COUNT) -> Exemplars:
    """The most frequent stragglers of a cell (its ``stragglers`` table) and as many typical points.

    The i-th typical point is of the i-th straggler's class. Without an inversion, or without the
    cell, there are none of either.
    """
    rate = stragglers.set_index("sample_id")["straggler_rate"].reindex(dataset.sample_id).to_numpy(float)
    frequent = frequent_stragglers(rate, dataset.class_train, dataset.sample_id, count)
    typical = typical_points(rate, dataset.class_train, dataset.images_train, dataset.class_train[frequent])
    chosen = np.concatenate([frequent, typical])
    return Exemplars(
        images=pictures(dataset.images_train[chosen]),
        classes=dataset.class_train[chosen],
        label=dataset.label_train[chosen],
        rate=rate[chosen],
        sample_id=dataset.sample_id[chosen],
        kind=np.array(["straggler"] * len(frequent) + ["typical"] * len(typical), dtype="<U9"),
    )
