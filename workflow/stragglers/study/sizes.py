"""How large datasets and networks are, as far as a configuration tells: no data are read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isqrt
from pathlib import Path

from ..spec.specification import Dataset, Network


@dataclass(frozen=True)
class Size:
    """Numbers of points and of what each has."""

    n_train: int
    n_test: int
    n_pixels: int
    """Inputs of a fully connected network, which sees the sum of an image's channels."""
    n_channels: int = 1

    @property
    def n_points(self) -> int:
        return self.n_train + self.n_test

    @property
    def n_values(self) -> int:
        """Numbers in all."""
        return self.n_points * self.n_pixels * self.n_channels


SOURCES = {
    "digits": Size(1500, 297, 64),
    "sklearn": Size(1500, 400, 64),
    "MNIST": Size(60_000, 10_000, 784),
    "KMNIST": Size(60_000, 10_000, 784),
    "FashionMNIST": Size(60_000, 10_000, 784),
    "CIFAR10": Size(50_000, 10_000, 1024, 3),
}
"""The named sources whole; of scikit-learn's sets the largest."""
VALUES_PER_BYTE = 4
"""Numbers that a byte of a user's own file may stand for: one in an array of bytes, several in a packed image."""
OWN = Size(10_000, 2_000, 0)
"""Points that a user's own file is taken to have: its values are known to some degree, not how they are arranged."""


def size_of(dataset: Dataset, data_dir: str) -> Size:
    """Whole, then as many training points as ``subset`` keeps; those that a task leaves out count."""
    if dataset.planted:
        options = dataset.planted
        size = Size(options["n_train"], options["n_test"], options["n_features"])
    elif dataset.source in SOURCES:
        size = SOURCES[dataset.source]
    else:
        values = VALUES_PER_BYTE * bytes_at(Path(data_dir) / dataset.file)
        size = replace(OWN, n_pixels=max(1, values // OWN.n_points))
    kept = [(dataset.subset or {}).get(key, size.n_train) for key in ("first", "size", "random")]
    return replace(size, n_train=min(size.n_train, *kept))


def bytes_at(path: Path) -> int:
    """Of a file or of all files in a folder; 0 where there is nothing."""
    if path.is_dir():
        return sum(bytes_at(Path(entry)) for entry in os.scandir(path))
    return path.stat().st_size if path.is_file() else 0


def n_parameters(network: Network, size: Size) -> int:
    """Weights of one run; 0 for a module, of which nothing is known without its code."""
    return sum(weights for weights, _ in _layers(network, size))


OF_A_MODULE = 1_000_000
"""Multiplications of a module for one sample: of its code nothing is known."""


def n_products(network: Network, size: Size) -> int:
    """Multiplications of one run for one sample; for a module as many as :data:`OF_A_MODULE`."""
    return OF_A_MODULE if network.kind == "module" else sum(w * positions for w, positions in _layers(network, size))


def _layers(network: Network, size: Size) -> Iterator[tuple[int, int]]:
    """Weights of layers, and at how many positions of an image they are used."""
    if network.kind == "module":
        return
    entered = size.n_pixels
    if network.kind == "convolutional":
        side, channels = isqrt(size.n_pixels), size.n_channels
        for stage in network.stages:
            side = (side + 2 * (stage.kernel // 2) - stage.kernel) // stage.stride + 1
            yield stage.kernel**2 * channels * stage.channels, side**2
            side, channels = side // stage.pool, stage.channels
        entered = side**2 * channels
    hidden = network.depth - 1
    yield from ((before * after, 1) for before, after in pairwise([entered, *[network.width] * min(hidden, 1), 2]))
    # Those between hidden layers are alike, and of as many as a configuration may say there is no list.
    yield max(hidden - 1, 0) * network.width**2, 1
