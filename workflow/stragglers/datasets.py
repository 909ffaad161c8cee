"""Raw images to a training set: source, task, subset, standardisation.

A prepared :class:`Dataset` keeps the raw pixels, so that samples can be shown and traced by their
raw index; :func:`features` turns them into what a network sees.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError
from .sealed import read_arrays, write_arrays
from .specification import Dataset as Specification
from .synthetic import planted

Split = tuple[np.ndarray, ...]
"""Raw images (samples, height, width[, channels]) or vectors, and integer classes (samples,).

Planted data have a third array, booleans (samples,): the planted minority.
"""

# torchvision verifies its downloads; these are the official files once unpacked, so that files
# put there by hand are held to the same standard.
IDX_SHA256: dict[str, dict[str, str]] = {
    "MNIST": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "FashionMNIST": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}
IDX_FILES = tuple(IDX_SHA256["MNIST"])
IDX_SOURCES = ("MNIST", "FashionMNIST", "KMNIST")
DIGITS_TRAIN = 1500
"""scikit-learn's digits come unsplit: the first 1500 train, the last 297 test."""


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

    Raises :class:`InputError` if a file is missing or damaged, a label has no samples, or the
    subset is larger than the data.
    """
    options = {"file": specification.file} if specification.file else specification.planted or {}
    train, test = SOURCES[specification.source](Path(data_dir), **options)
    (images, classes, *minority), (images_test, classes_test, *_) = train, test
    label, chosen = choose_labelled(specification, classes)
    label_test = labels(specification.task, classes_test)
    kept_test = np.flatnonzero(label_test)
    _require_both_labels(specification, "test split", label_test)
    if (images[chosen] == images[chosen[0]]).all():
        raise InputError(f"source {specification.source_name}: all samples of the training subset are the same")
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
    """Raise :class:`InputError` for all that is wrong with local data and can be seen without images.

    So a whole study is checked before anything runs. An absent folder of a torchvision source is
    fine: it means "download".
    """
    check_files(specification.source, specification.file, data_dir)
    if (classes := _local_classes(specification, Path(data_dir))) is not None:
        choose_labelled(specification, classes)


def check_files(source: str, file: str | None, data_dir: str) -> None:
    """Raise :class:`InputError` if local files of a source are missing or of the wrong length."""
    if source == "npz":
        _npz_path(Path(data_dir), file)
    elif source in IDX_SOURCES and any((raw := Path(data_dir) / source / "raw").glob("*")):
        for name in IDX_FILES:
            _check_idx_length(raw / name)


def _local_classes(specification: Specification, data_dir: Path) -> np.ndarray | None:
    """Classes of the raw training split where they are at hand, else None."""
    if specification.source == "npz":
        return _read_npz(_npz_path(data_dir, specification.file), ["y_train"])[0]
    if specification.source == "digits" and specification.subset:
        return _digits(data_dir)[0][1]
    file = data_dir / specification.source / "raw" / "train-labels-idx1-ubyte"
    return np.fromfile(file, np.uint8, offset=8) if specification.source in IDX_SOURCES and file.is_file() else None


def content(source: str, file: str | None, data_dir: str) -> str | None:
    """What identifies the data beyond its name: the hash of a user's own file.

    The named sources are fixed by their official checksums.
    """
    return _sha256(_npz_path(Path(data_dir), file)) if source == "npz" else None


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _npz_path(data_dir: Path, file: str) -> Path:
    path = data_dir / file
    if not path.is_file():
        raise InputError(
            f"`file: {file}` is not in `data_dir` ({data_dir}); put it there or set --config data_dir=PATH"
        )
    return path


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _check_idx_length(path: Path) -> None:
    remedy = f"delete {path.parent} to have it downloaded again, or set `data_dir` to a folder with whole files"
    packed = path.with_name(path.name + ".gz")
    if not path.is_file() and packed.is_file():
        return
    if not path.is_file():
        raise InputError(f"{path} is missing; {remedy}")
    with open(path, "rb") as file:
        header = file.read(16)
    dimensions = header[3] if len(header) >= 4 else 0
    if not 1 <= dimensions <= 3 or len(header) < 4 + 4 * dimensions:
        raise InputError(f"{path} is not an IDX file; {remedy}")
    expected = 4 + 4 * dimensions + int(np.prod(struct.unpack_from(f">{dimensions}I", header, 4), dtype=np.int64))
    if (size := path.stat().st_size) != expected:
        raise InputError(f"{path} is damaged: {size} bytes where its header says {expected}; {remedy}")


def _digits(data_dir: Path) -> tuple[Split, Split]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, classes = digits.images.astype(np.uint8), digits.target
    return (images[:DIGITS_TRAIN], classes[:DIGITS_TRAIN]), (images[DIGITS_TRAIN:], classes[DIGITS_TRAIN:])


def _torchvision(name: str) -> Callable[[Path], tuple[Split, Split]]:
    def load(data_dir: Path) -> tuple[Split, Split]:
        from filelock import FileLock
        from torchvision import datasets

        check_files(name, None, str(data_dir))
        # Several subsets of one source are prepared at a time; only one may download it.
        absent = not (data_dir / name).is_dir() and name != "CIFAR10"
        lock = FileLock(data_dir / f".{name}.lock") if absent and _writable(data_dir) else nullcontext()
        splits = []
        try:
            with lock:
                for train in (True, False):
                    split = getattr(datasets, name)(root=data_dir, train=train, download=True)
                    splits.append((np.asarray(split.data), np.asarray(split.targets)))
        except (RuntimeError, OSError) as error:
            raise InputError(
                f"{name} is not in `data_dir` ({data_dir}) and could not be downloaded ({error}); "
                "set --config data_dir=PATH to a folder that has it"
            ) from error
        for file, official in IDX_SHA256.get(name, {}).items():
            if _sha256(path := data_dir / name / "raw" / file) != official:
                raise InputError(
                    f"{path} is not the official {name} file; delete {path.parent} to have it downloaded, "
                    "or use `source: npz` for data of your own"
                )
        return splits[0], splits[1]

    return load


def _read_npz(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            read = [arrays[name] for name in names]
    except KeyError as error:
        raise InputError(f"{path}: {error.args[0]}; it must hold x_train, y_train, x_test and y_test") from error
    except Exception as error:  # zipfile, zlib and numpy each have their own for a damaged file
        raise InputError(f"{path} cannot be read ({error}); write it again with numpy.savez") from error
    for name, array in zip(names, read, strict=True):
        if name.startswith("y_") and not np.issubdtype(array.dtype, np.integer):
            raise InputError(f"{path}: {name} must hold integer classes, not {array.dtype}")
        if name.startswith("y_") and array.size and np.abs(array.astype(float)).max() > np.iinfo(np.int16).max:
            raise InputError(f"{path}: {name} must hold classes of at most {np.iinfo(np.int16).max}; number them anew")
    return read


def _npz(data_dir: Path, file: str) -> tuple[Split, Split]:
    path = _npz_path(data_dir, file)
    x_train, y_train, x_test, y_test = _read_npz(path, ["x_train", "y_train", "x_test", "y_test"])
    splits = [(x_train, y_train), (x_test, y_test)]
    for part, (x, y) in zip(("train", "test"), splits, strict=True):
        if y.ndim != 1 or len(x) != len(y) or x.ndim < 2:
            raise InputError(f"{path}: x_{part} {x.shape} and y_{part} {y.shape} do not match, one row a sample")
        if x.dtype.kind not in "biuf":
            raise InputError(f"{path}: x_{part} must hold numbers, not {x.dtype}")
        if x.ndim > 4 or (x.ndim == 4 and x.shape[3] > 4):
            raise InputError(
                f"{path}: x_{part} {x.shape} must be vectors (samples, features) or images "
                "(samples, height, width[, channels]); numpy.moveaxis puts the channels last"
            )
        with np.errstate(over="ignore"):
            finite = np.isfinite(x.astype(np.float32)).all()
        if not finite:
            raise InputError(f"{path}: x_{part} holds NaN, infinite or larger values than single precision has")
    if splits[0][0].shape[1:] != splits[1][0].shape[1:]:
        raise InputError(f"{path}: x_train and x_test hold images of different shapes")
    return splits[0], splits[1]


SOURCES: dict[str, Callable[..., tuple[Split, Split]]] = {
    "digits": _digits,
    "MNIST": _torchvision("MNIST"),
    "KMNIST": _torchvision("KMNIST"),
    "FashionMNIST": _torchvision("FashionMNIST"),
    "CIFAR10": _torchvision("CIFAR10"),
    "npz": _npz,
    "planted": lambda data_dir, **law: planted(**law),
}
"""Where raw images come from: ``(data_dir, **options) -> (training split, test split)``."""
