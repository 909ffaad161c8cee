"""The small sets that scikit-learn brings along, by name; their classes by the names that it gives them."""

from pathlib import Path

import numpy as np

from ..spec.own import OwnDataset
from ..support.errors import InputError
from .samples import Samples

TOYS = ("breast_cancer", "wine", "iris", "digits")


def content(specification: OwnDataset, data_dir: Path) -> None:
    """Nothing beyond the name: the data come with the locked version of scikit-learn."""


def read(specification: OwnDataset, data_dir: Path) -> Samples:
    """Vectors, or of ``digits`` images. Raises :class:`InputError` for another name."""
    if specification.file not in TOYS:
        raise InputError(f"scikit-learn has no set {specification.file!r}; take one of {', '.join(TOYS)}")
    from sklearn import datasets

    made = getattr(datasets, f"load_{specification.file}")()
    x, features = made.data, np.asarray(made.feature_names, str)
    if "images" in made:
        x, features = made.images.astype(np.uint8), None
    return Samples(
        x=x,
        names=np.asarray(made.target_names)[made.target].astype(str),
        origin=np.arange(len(x)).astype(str),
        features=features,
    )
