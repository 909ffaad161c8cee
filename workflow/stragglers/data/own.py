"""A user's own data, prepared: read by the reader of their source, split where they are not, traced to their origin."""

import logging
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from ..spec.own import TEST_FRACTION, OwnDataset
from ..support.errors import InputError
from ..support.sealed import read_arrays, write_arrays
from . import tasks
from .datasets import Dataset, _require_all_groups, choose, flatten
from .samples import SPLIT_SEED, Samples, class_numbers, held_out, refuse_classes

log = logging.getLogger(__name__)

READERS = {"folder": "folder", "table": "table", "sklearn": "toys", "npz": "arrays"}
"""Source -> the module of this room that has ``read`` and ``content`` for it. By name: a reader that joins changes
nothing for what another reads."""


@dataclass(frozen=True)
class Origins:
    """Where the samples of a prepared dataset are from, and what their classes are called."""

    kind: str
    """``file``, a name below the folder, or ``row``, the number of a row from 0."""
    train: np.ndarray
    """Texts (P,), in the order of the training points."""
    test: np.ndarray
    class_number: np.ndarray
    """Number of each class (K,), as in the dataset, ascending."""
    class_name: np.ndarray
    feature: np.ndarray
    """Names of the features (d,); none where they have none."""

    def save(self, path: str) -> None:
        write_arrays(asdict(self), path)

    @classmethod
    def load(cls, path: str) -> "Origins":
        stored = read_arrays(path)
        return cls(**stored | {"kind": str(stored["kind"])})


def reader(source: str) -> ModuleType:
    return import_module(f".{READERS[source]}", __package__)


def content(specification: OwnDataset, data_dir: str) -> str | None:
    """What identifies the data beyond their name, the hash of what they hold; None where the name does."""
    return reader(specification.source).content(specification, Path(data_dir))


def check(specification: OwnDataset, data_dir: str) -> tuple[int, ...]:
    """Raise :class:`InputError` for all that is wrong with data, before anything runs; returns a sample's shape."""
    return prepare(specification, data_dir)[0].images_train.shape[1:]


def prepare(specification: OwnDataset, data_dir: str) -> tuple[Dataset, Origins]:
    """The dataset that ``specification`` describes, and where its samples are from.

    Raises :class:`InputError` for data that are missing, damaged, not those that were planned with or cannot be used,
    for a ``test_fraction`` of data that are split, and for a task or subset that they do not have.
    """
    source = specification.source
    samples = reader(source).read(specification, Path(data_dir))
    where = f"scikit-learn's {specification.file}" if source == "sklearn" else Path(data_dir) / specification.file
    refuse_classes(where, samples)
    test, fraction = samples.test, specification.test_fraction
    if test is None:
        test = held_out(samples.names, fraction)
        how = f"split here: {fraction:g} of each class to test, drawn with seed {SPLIT_SEED}"
    elif fraction == TEST_FRACTION:
        how = "split as they come"
    else:
        raise InputError(f"{where} has a test split of its own; leave `test_fraction` out")
    counts = len(np.unique(samples.names)), (~test).sum(), test.sum()
    log.info("%s: %d classes, %d samples to train and %d to test, %s", where, *counts, how)
    return assembled(specification, samples, test)


def assembled(specification: OwnDataset, samples: Samples, test: np.ndarray) -> tuple[Dataset, Origins]:
    """Samples by task and subset, given who is of the test split, booleans (n,).

    What :func:`.datasets.prepare` does for named sources. The two share what they can: lines that moved out of that one
    would be other code of what all trained runs of those sources rest on, and train them again.
    """
    classes, names = class_numbers(samples.names)
    groups = tasks.groups(specification.task, [*names])
    number = tasks.group_of(groups, classes)
    train, kept_test = np.flatnonzero(~test), np.flatnonzero(test & (number >= 0))
    chosen = choose(np.flatnonzero(number[train] >= 0), specification.subset)
    kept = train[chosen]
    _require_all_groups(specification, "training subset", groups, number[kept])
    _require_all_groups(specification, "test split", groups, number[kept_test])
    vectors = flatten(samples.x[kept])
    if (vectors == vectors[0]).all():
        raise InputError(f"source {specification.source_name}: no feature varies among the training samples")
    labels = tasks.labels_of(groups)
    dataset = Dataset(
        images_train=samples.x[kept],
        images_test=samples.x[kept_test],
        class_train=classes[kept].astype(np.int16),
        class_test=classes[kept_test].astype(np.int16),
        label_train=labels[number[kept]],
        label_test=labels[number[kept_test]],
        sample_id=chosen,
    )
    return dataset, Origins(
        kind="file" if specification.source == "folder" else "row",
        train=samples.origin[kept],
        test=samples.origin[kept_test],
        class_number=np.array([*names], np.int16),
        class_name=np.array([*names.values()]),
        feature=np.array([], str) if samples.features is None else samples.features,
    )
