"""Wrong labels planted in real data: who they are is known, and kept with the prepared dataset."""

from dataclasses import replace

import numpy as np

from ..spec.flipped import FlippedDataset
from ..spec.own import as_trained
from ..spec.specification import Dataset as Specification
from . import datasets
from .datasets import Dataset

FLIP_SEED = 0


def prepare(specification: FlippedDataset, data_dir: str) -> Dataset:
    """The dataset without flips, as :func:`.datasets.prepare` makes it, then :func:`flipped`."""
    clean = Specification(**as_trained(specification))
    return flipped(datasets.prepare(clean, data_dir), specification.flips)


def flipped(dataset: Dataset, share: float) -> Dataset:
    """``dataset`` with a random ``share`` of its training points, exactly, given a class of another group.

    That class is any of the other groups' with equal chance, so a label still follows from the class. ``planted`` says
    who they are. Test labels stay as they are: the test error is that of the truth. Of two shares of the same data, the
    larger flips those of the smaller, too.
    """
    rng = np.random.default_rng(FLIP_SEED)
    classes, label = dataset.class_train.copy(), dataset.label_train.copy()
    flips = rng.permutation(len(label)) < round(share * len(label))
    draws = rng.random(len(label))
    known, first = np.unique(dataset.class_train, return_index=True)
    label_of = dataset.label_train[first]
    for own in np.unique(label_of):
        these, (others,) = flips & (dataset.label_train == own), np.nonzero(label_of != own)
        drawn = others[(draws[these] * len(others)).astype(int)]
        classes[these], label[these] = known[drawn], label_of[drawn]
    return replace(dataset, class_train=classes, label_train=label, planted=flips)
