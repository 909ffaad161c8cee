"""Raw images to a training set: source, task, subset, standardisation.

A prepared :class:`Dataset` keeps the raw pixels, so that samples can be shown and traced by their
raw index; :func:`features` turns them into what a network sees.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..spec.specification import Dataset as Specification
from ..support.errors import InputError
from ..support.sealed import read_arrays, write_arrays
from .sources import OFFICIAL, SOURCES, absent, own_content, read_official


@dataclass(frozen=True)
class Dataset:
    """A training subset with its binary labels, and the whole test split, in raw pixels."""

    images_train: np.ndarray
    images_test: np.ndarray
    class_train: np.ndarray
    class_test: np.ndarray
    label_train: np.ndarray
    """±1, shape (P,)."""
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

    Raises :class:`InputError` if a file is missing, damaged or not the one that was planned with, a label
    has no samples, no feature varies, or the subset is larger than the data.
    """
    if specification.source == "npz":
        options = {"file": specification.file, "content": specification.content}
    else:
        options = specification.planted or {}
    train, test = SOURCES[specification.source](Path(data_dir), **options)
    (images, classes, *minority), (images_test, classes_test, *_) = train, test
    label, chosen = choose_labelled(specification, classes)
    label_test = labels(specification.task, classes_test)
    kept_test = np.flatnonzero(label_test)
    _require_both_labels(specification, "test split", label_test)
    first = flatten(images[chosen[:1]])
    if all((flatten(images[sample : sample + 1]) == first).all() for sample in chosen):
        raise InputError(
            f"source {specification.source_name}: no feature varies in the training subset; choose another"
        )
    return Dataset(
        images_train=images[chosen],
        images_test=images_test[kept_test],
        class_train=classes[chosen].astype(np.int16),
        class_test=classes_test[kept_test].astype(np.int16),
        label_train=label[chosen],
        label_test=label_test[kept_test],
        sample_id=chosen,
        planted=minority[0][chosen] if minority else None,
    )


def choose_labelled(specification: Specification, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label (0 where a class takes no part) of every raw training sample, and indices of those chosen."""
    label = labels(specification.task, classes)
    chosen = choose(np.flatnonzero(label), specification.subset)
    _require_both_labels(specification, "training subset", label[chosen])
    return label, chosen


def _require_both_labels(specification: Specification, split: str, label: np.ndarray) -> None:
    for sign in (-1, 1):
        if not (label == sign).any():
            raise InputError(
                f"source {specification.source_name}, task {specification.task_name}: no sample of the "
                f"{split} has label {sign:+d}; choose another `task` or a larger `subset`"
            )


def labels(task: str | Mapping[str, Any], classes: np.ndarray) -> np.ndarray:
    """±1 for each sample, 0 where its class takes no part in the task; int8, shape of ``classes``.

    ``parity``: odd classes +1 (the paper's task). ``{pair: [a, b]}`` and ``{groups: [[..], [..]]}``:
    first -1, second +1. ``{one_vs_rest: c}``: class c +1.
    """
    match task:
        case "parity":
            positive, negative = classes % 2 == 1, classes % 2 == 0
        case {"pair": [a, b]}:
            positive, negative = classes == b, classes == a
        case {"one_vs_rest": c}:
            positive, negative = classes == c, classes != c
        case {"groups": [a, b]}:
            if both := sorted({*a} & {*b}):
                raise InputError(f"`task` {dict(task)}: {both} would be in both groups; keep each class in one")
            positive, negative = np.isin(classes, b), np.isin(classes, a)
        case _:
            raise InputError(f"unknown `task` {task!r}; see config/README.md")
    return positive.astype(np.int8) - negative.astype(np.int8)


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


def check(specification: Specification, data_dir: str) -> None:
    """Raise :class:`InputError` for all that is wrong with data, before anything runs.

    Official files that are absent will be downloaded.
    """
    source, folder = specification.source, Path(data_dir)
    if source in OFFICIAL and (missing := absent(source, folder)):
        for file in OFFICIAL[source]:
            if file not in missing:
                read_official(source, file, folder)
    elif source == "planted":
        choose(range(specification.planted["n_train"]), specification.subset)
    else:
        prepare(specification, data_dir)


def content(source: str, file: str | None, data_dir: str) -> str | None:
    """What identifies the data beyond its name: the hash of a user's own file.

    The named sources are fixed by their official checksums.
    """
    return own_content(Path(data_dir), file) if source == "npz" else None
