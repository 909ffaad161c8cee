"""Samples as a user has them: their classes by name, where each is from, and a split where they have none."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..spec.own import OwnDataset
from ..support.errors import InputError
from .sources import LARGEST_CLASS

SPLIT_SEED = 0


class Samples(NamedTuple):
    """What a reader gives, one entry a sample."""

    x: np.ndarray
    """Images (n, height, width[, 3]) or vectors (n, d)."""
    names: np.ndarray
    """Class of each, as a text (n,)."""
    origin: np.ndarray
    """Where each is from, as a text (n,): a file's name below the folder, or the number of a row, from 0."""
    test: np.ndarray | None = None
    """Booleans (n,), the test split; None where the data are not split."""
    features: np.ndarray | None = None
    """Names of the features of vectors, texts (d,); None where they have none."""


def place_of(specification: OwnDataset, data_dir: Path, folder: bool = False) -> Path:
    """Where the data are; raises :class:`InputError` if there is nothing, or a file where a folder should be."""
    path = Path(data_dir) / specification.file
    if not path.exists():
        raise InputError(
            f"`file: {specification.file}` is not in `data_dir` ({data_dir}); "
            "put it there or set --config data_dir=PATH"
        )
    if path.is_dir() != folder:
        what, other = ("folder", "`source: folder`") if path.is_dir() else ("file", "`source: table` or `npz`")
        raise InputError(f"{path} is a {what}; take {other}, or name another")
    return path


def refuse_changed(path: Path, specification: OwnDataset, found: str) -> None:
    """Raise :class:`InputError` for data whose hash is not the one that a study was planned with."""
    if specification.content not in (None, found):
        raise InputError(f"{path} is not what it was when the study was planned; run the same command again")


def class_numbers(names: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """Number of each sample's class (n,), and number -> name.

    Names that are whole numbers, all different, keep them; others are numbered from 0 in sorted order.
    """
    known, index = np.unique(names, return_inverse=True)
    numbers = np.arange(len(known))
    if all(re.fullmatch(r"-?[0-9]{1,5}", name) for name in known.tolist()):
        whole = known.astype(int)
        if len(np.unique(whole)) == len(known) and np.abs(whole).max(initial=0) <= LARGEST_CLASS:
            numbers = whole
    return numbers[index.ravel()], dict(sorted(zip(numbers.tolist(), known.tolist(), strict=True)))


def held_out(names: np.ndarray, fraction: float) -> np.ndarray:
    """Booleans (n,): ``fraction`` of each class, drawn with a fixed seed; of each at least one, and never all."""
    rng = np.random.default_rng(SPLIT_SEED)
    test = np.zeros(len(names), bool)
    for name in np.unique(names):
        members = rng.permutation(np.flatnonzero(names == name))
        test[members[: min(max(1, round(fraction * len(members))), len(members) - 1)]] = True
    return test


def refuse_classes(where: str, samples: Samples) -> None:
    """Raise :class:`InputError` for fewer than two classes, and one that both splits cannot have."""
    known, first, count = (part.tolist() for part in np.unique(samples.names, return_index=True, return_counts=True))
    if len(known) < 2:
        held = f"one class, {known[0]!r}" if len(known) else "no samples"
        raise InputError(f"{where} holds {held}; there must be two or more classes to tell apart")
    if len(known) > LARGEST_CLASS:
        raise InputError(f"{where} holds {len(known)} classes; is it the column or folder of the classes?")
    if samples.test is None:
        if 1 in count:
            alone = count.index(1)
            raise InputError(
                f"{where}: class {known[alone]!r} has one sample ({samples.origin[first[alone]]}), and one each is "
                "needed to train and to test; add samples, or leave the class out"
            )
        return
    train, test = ({*samples.names[samples.test == split].tolist()} for split in (False, True))
    if other := sorted(train ^ test):
        lacking = "test" if other[0] in train else "training"
        raise InputError(f"{where}: class {other[0]!r} has no sample in the {lacking} split; add some, or leave it out")
