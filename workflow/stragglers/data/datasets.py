"""Raw images to a training set: source, task, subset, standardisation.

A prepared :class:`Dataset` keeps the raw pixels, so that samples can be shown and traced by their
raw index; :func:`features` turns them into what a network sees.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..spec.specification import Dataset as Specification
from ..support.errors import InputError
from ..support.sealed import read_arrays, write_arrays
from . import tasks
from .sources import OFFICIAL, SOURCES, absent, own_content, read_official


@dataclass(frozen=True)
class Dataset:
    """A training subset with its labels, and the whole test split, in raw pixels."""

    images_train: np.ndarray
    images_test: np.ndarray
    class_train: np.ndarray
    class_test: np.ndarray
    label_train: np.ndarray
    """±1 for two groups, else the number of the group from 0; shape (P,)."""
    label_test: np.ndarray
    sample_id: np.ndarray
    """Index of each training point in the raw training split."""
    planted: np.ndarray | None = None
    """Booleans (P,): the planted minority, which only the source ``planted`` has."""

    def __post_init__(self):
        if self.planted is None:
            object.__setattr__(self, "planted", np.zeros(len(self.sample_id), bool))

    def save(self, path: str) -> None:
        write_arrays(asdict(self), path)

    @classmethod
    def load(cls, path: str) -> "Dataset":
        return cls(**read_arrays(path))


def prepare(specification: Specification, data_dir: str) -> Dataset:
    """The dataset that ``specification`` (one entry of the config's ``datasets``) describes.

    Raises :class:`InputError` if a file is missing, damaged or not the one that was planned with, a group
    has no samples, no feature varies, or the subset is larger than the data.
    """
    if specification.source == "npz":
        options = {"file": specification.file, "content": specification.content}
    else:
        options = specification.planted or {}
    train, test = SOURCES[specification.source](Path(data_dir), **options)
    (images, classes, *minority), (images_test, classes_test, *_) = train, test
    groups = tasks.groups(specification.task, np.union1d(classes, classes_test).tolist())
    number, number_test = tasks.group_of(groups, classes), tasks.group_of(groups, classes_test)
    chosen = choose(np.flatnonzero(number >= 0), specification.subset)
    kept_test = np.flatnonzero(number_test >= 0)
    _require_all_groups(specification, "training subset", groups, number[chosen])
    _require_all_groups(specification, "test split", groups, number_test)
    first = flatten(images[chosen[:1]])
    if all((flatten(images[sample : sample + 1]) == first).all() for sample in chosen):
        raise InputError(
            f"source {specification.source_name}: no feature varies in the training subset; choose another"
        )
    labels = tasks.labels_of(groups)
    return Dataset(
        images_train=images[chosen],
        images_test=images_test[kept_test],
        class_train=classes[chosen].astype(np.int16),
        class_test=classes_test[kept_test].astype(np.int16),
        label_train=labels[number[chosen]],
        label_test=labels[number_test[kept_test]],
        sample_id=chosen,
        planted=minority[0][chosen] if minority else None,
    )


def _require_all_groups(specification: Specification, split: str, groups: tasks.Groups, number: np.ndarray) -> None:
    where = f"source {specification.source_name}, task {specification.task_name}"
    if len(groups) < 2:
        raise InputError(f"{where}: the data have fewer than two classes; choose another `task`")
    absent = np.setdiff1d(np.arange(len(groups)), number)
    if len(absent):
        label = tasks.labels_of(groups)[absent[0]]
        what = f"label {label:+d}" if len(groups) == 2 else f"class {' or '.join(map(str, groups[absent[0]]))}"
        raise InputError(f"{where}: no sample of the {split} has {what}; choose another `task` or a larger `subset`")


def choose(candidates: np.ndarray, subset: Mapping[str, int] | None) -> np.ndarray:
    """The candidates (raw indices, ascending) that ``subset`` keeps, ascending.

    ``None``: all. ``{first: P}``. ``{block: b, size: P}``: the b-th run of P, from 0.
    ``{random: P, seed: s}``: a seeded draw without replacement.
    """
    match subset:
        case None:
            return candidates
        case {"first": size}:
            start = 0
        case {"block": block, "size": size}:
            start = block * size
        case {"random": size, "seed": _}:
            start = 0
        case _:
            raise InputError(f"unknown `subset` {subset!r}; see config/README.md")
    if start + size > len(candidates):
        raise InputError(
            f"`subset` {dict(subset)} needs {start + size} training samples of this task, but the data "
            f"have {len(candidates)}; make it smaller"
        )
    if "random" in subset:
        return np.sort(np.random.default_rng(subset["seed"]).choice(candidates, size, replace=False))
    return candidates[start : start + size]


def flatten(images: np.ndarray) -> np.ndarray:
    """Images as float64 vectors, colour channels summed as in the paper."""
    if images.ndim == 4:
        images = images.sum(axis=3, dtype=np.float64)
    return images.reshape(len(images), -1).astype(np.float64)


def features(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised training features (P, varying), test features, and which features vary (d,); float64.

    Mean and standard deviation are the training subset's, in double precision: an offset of the data costs no digits.
    A feature that is constant there would be 0 in training and is made 0 in test data too, that is, left out of both.
    """
    train, test = flatten(dataset.images_train), flatten(dataset.images_test)
    varying = train.min(axis=0) < train.max(axis=0)
    train, test = train[:, varying], test[:, varying]
    mean = train.mean(axis=0)
    train -= mean
    test -= mean
    scale = train.std(axis=0)
    train /= scale
    test /= scale
    return train, test, varying


def shaped_features(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised training data in their own shape, test data, and which features vary; float64.

    Images are (P, channels, height, width), vectors (P, d); the mask has the shape of one sample. As :func:`features`,
    but every feature by itself, those of a colour channel too, and one that is constant in training is 0 in both.
    """
    raw = (dataset.images_train, dataset.images_test)
    train, test = (np.moveaxis(x.reshape(*x.shape[:3], -1), 3, 1) if x.ndim > 2 else x for x in raw)
    varying = train.min(axis=0) < train.max(axis=0)
    train, test = train.astype(np.float64), test.astype(np.float64)
    mean = train.mean(axis=0)
    train -= mean
    test -= mean
    scale = np.where(varying, train.std(axis=0), np.inf)
    train /= scale
    test /= scale
    return train, test, varying


def check(specification: Specification, data_dir: str) -> tuple[int, ...] | None:
    """Raise :class:`InputError` for all that is wrong with data, before anything runs.

    Official files that are absent will be downloaded. Returns the shape of a sample where one was looked at.
    """
    source, folder = specification.source, Path(data_dir)
    if source in OFFICIAL and (missing := absent(source, folder)):
        for file in OFFICIAL[source]:
            if file not in missing:
                read_official(source, file, folder)
    elif source == "planted":
        choose(range(specification.planted["n_train"]), specification.subset)
    else:
        return prepare(specification, data_dir).images_train.shape[1:]
    return None


def content(source: str, file: str | None, data_dir: str) -> str | None:
    """What identifies the data beyond its name: the hash of a user's own file.

    The named sources are fixed by their official checksums.
    """
    return own_content(Path(data_dir), file) if source == "npz" else None
