"""Where raw images come from: scikit-learn, official files, a user's own file, or a law.

What a user's file or folder holds is checked here, whole and by name, so that whatever can be wrong with it is
said before anything runs.
"""

import gzip
import hashlib
import pickle
import zlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..support.errors import InputError
from ..support.sealed import digest_of
from .synthetic import planted

Split = tuple[np.ndarray, ...]
"""Raw images (samples, height, width[, channels]) or vectors, and integer classes (samples,).

Planted data have a third array, booleans (samples,): the planted minority.
"""
DIGITS_TRAIN = 1500
"""scikit-learn's digits come unsplit: the first 1500 train, the last 297 test."""
OFFICIAL: dict[str, dict[str, str]] = {
    "MNIST": {
        "MNIST/raw/train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "MNIST/raw/train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "MNIST/raw/t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "MNIST/raw/t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "FashionMNIST": {
        "FashionMNIST/raw/train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "FashionMNIST/raw/train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "FashionMNIST/raw/t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "FashionMNIST/raw/t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    "KMNIST": {
        "KMNIST/raw/train-images-idx3-ubyte": "3cf037df1ccd08cf71c7e9465ca6bc729e79a251",
        "KMNIST/raw/train-labels-idx1-ubyte": "2a16eeae62da984b8bd24fa32e31d47291f01dac3fe84d5594f304f71e7d374b",
        "KMNIST/raw/t10k-images-idx3-ubyte": "76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e",
        "KMNIST/raw/t10k-labels-idx1-ubyte": "a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6",
    },
    "CIFAR10": {
        "cifar-10-batches-py/data_batch_1": "c99cafc152244af753f735de768cd75f",
        "cifar-10-batches-py/data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "cifar-10-batches-py/data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "cifar-10-batches-py/data_batch_4": "634d18415352ddfa80567beed471001a",
        "cifar-10-batches-py/data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "cifar-10-batches-py/test_batch": "40351d587109b95175f43aff81a1287e",
    },
}
"""Files of the named sources below ``data_dir`` once unpacked, and their checksums.

64 digits are SHA-256, 32 MD5 (torchvision's own), 40 the name that git gives a file of that content.
"""
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
LARGEST_CLASS = np.iinfo(np.int16).max


def absent(source: str, data_dir: Path) -> list[str]:
    """Official files of a source that are not in ``data_dir``."""
    return [file for file in OFFICIAL[source] if locate(data_dir, file) is None]


def locate(data_dir: Path, file: str) -> Path | None:
    """Where an official file is, or None: in its place or a folder above, packed or not, named as 7-Zip unpacks it."""
    place = data_dir / file
    candidates = [
        folder / f"{name}{suffix}"
        for folder in (place.parent, place.parent.parent)
        for name in (place.name, place.name.replace("-idx", ".idx"))
        for suffix in ("", ".gz")
    ]
    return next(filter(Path.is_file, candidates), None)


def read_official(source: str, file: str, data_dir: Path) -> bytes:
    """Content of an official file; raises :class:`InputError` if it is absent, damaged or another."""
    path, checksum = locate(data_dir, file), OFFICIAL[source][file]
    if path is None:
        raise InputError(f"{data_dir / file} is missing; {source} needs {layout(source)}")
    remedy = (
        f"delete it to have it downloaded, or use `source: npz` for data of your own; {source} needs {layout(source)}"
    )
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read ({error}); {remedy}") from error
    if _checksum(content, len(checksum)) != checksum:
        raise InputError(f"{path} is not the official {source} file, or damaged; {remedy}")
    return content


def _checksum(content: bytes, n_digits: int) -> str:
    if n_digits == 64:
        return hashlib.sha256(content).hexdigest()
    if n_digits == 32:
        return hashlib.md5(content, usedforsecurity=False).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def layout(source: str) -> str:
    """Which files of a source are expected where, in words."""
    folder, names = Path(next(iter(OFFICIAL[source]))).parent, [Path(file).name for file in OFFICIAL[source]]
    return f"data_dir/{folder}/ with {', '.join(names)}"


def _idx_array(content: bytes) -> np.ndarray:
    """Unsigned bytes in the format of MNIST's files."""
    n_dimensions = content[3]
    shape = np.frombuffer(content, ">i4", n_dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dimensions).reshape(shape)


def _idx(source: str) -> Callable[[Path], tuple[Split, Split]]:
    def load(data_dir: Path) -> tuple[Split, Split]:
        train_images, train_labels, images, labels = (
            _idx_array(read_official(source, file, data_dir)) for file in OFFICIAL[source]
        )
        return (train_images, train_labels), (images, labels)

    return load


def _cifar10(data_dir: Path) -> tuple[Split, Split]:
    # Pickles, but only the official ones get here.
    batches = [
        pickle.loads(read_official("CIFAR10", file, data_dir), encoding="latin1") for file in OFFICIAL["CIFAR10"]
    ]

    def split(batches):
        pixels = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        return pixels.transpose(0, 2, 3, 1), np.concatenate([batch["labels"] for batch in batches])

    return split(batches[:-1]), split(batches[-1:])


def _digits(data_dir: Path) -> tuple[Split, Split]:
    # The file that load_digits reads: scikit-learn itself takes long to import, and every planning of a study is here.
    (package,) = find_spec("sklearn").submodule_search_locations
    digits = np.loadtxt(Path(package, "datasets/data/digits.csv.gz"), int, delimiter=",")
    images, classes = digits[:, :-1].reshape(-1, 8, 8).astype(np.uint8), digits[:, -1]
    return (images[:DIGITS_TRAIN], classes[:DIGITS_TRAIN]), (images[DIGITS_TRAIN:], classes[DIGITS_TRAIN:])


def own_content(data_dir: Path, file: str) -> str:
    """SHA-256 of a user's own file; raises :class:`InputError` if it is not there."""
    return content_of(_own_path(data_dir, file))


def content_of(path: Path) -> str:
    """SHA-256 of a file, read once as long as it stays the same."""
    stat = path.stat()
    return _sha256(path, (stat.st_size, stat.st_mtime_ns))


@cache
def _sha256(path: Path, _stamp: tuple[int, int]) -> str:
    return digest_of(path)


def _own_path(data_dir: Path, file: str) -> Path:
    path = data_dir / file
    if not path.is_file():
        raise InputError(
            f"`file: {file}` is not in `data_dir` ({data_dir}); put it there or set --config data_dir=PATH"
        )
    return path


def _npz(data_dir: Path, file: str, content: str | None = None) -> tuple[Split, Split]:
    path = _own_path(data_dir, file)
    arrays = _read_npz(path, content)
    splits = []
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        _refuse_images(f"{path}: x_{part}", x)
        classes = _classes(f"{path}: y_{part}", y)
        if len(x) != len(classes):
            raise InputError(f"{path}: x_{part} {x.shape} and y_{part} {y.shape} do not match, one row a sample")
        splits.append((x, classes))
    if splits[0][0].shape[1:] != splits[1][0].shape[1:]:
        raise InputError(f"{path}: x_train and x_test hold images of different shapes")
    return splits[0], splits[1]


def _read_npz(path: Path, content: str | None) -> dict[str, np.ndarray]:
    """The arrays of a user's own file, if it is the one that ``content`` (SHA-256) means."""
    try:
        # Opened once, so that what is read is what was hashed.
        with open(path, "rb") as file:
            if content is not None and hashlib.file_digest(file, "sha256").hexdigest() != content:
                raise InputError(f"{path} is not what it was when the study was planned; run the same command again")
            file.seek(0)
            if not (beginning := file.read(24)).startswith(b"PK"):
                text = ascii(beginning.decode("latin1"))
                raise InputError(f"{path} is no npz archive (it begins with {text}); write one with numpy.savez")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                for name in ARRAYS:
                    if name not in arrays:
                        held = ", ".join(arrays.files[:6]) or "nothing"
                        raise InputError(
                            f"{path}: {name} is missing (it holds {held}); it must hold {', '.join(ARRAYS)}"
                        )
                return {name: _numbers(path, name, arrays) for name in ARRAYS}
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each have their own for a damaged file
        raise InputError(f"{path} cannot be read ({error}); write it again with numpy.savez") from error


def _numbers(path: Path, name: str, arrays: np.lib.npyio.NpzFile) -> np.ndarray:
    try:
        return np.asarray(arrays[name])
    except ValueError as error:
        raise InputError(f"{path}: {name} holds Python objects, not an array of numbers") from error


def _refuse_images(where: str, x: np.ndarray) -> None:
    if x.dtype.kind not in "biuf":
        raise InputError(f"{where} must hold numbers, not {x.dtype}")
    if not 2 <= x.ndim <= 4 or (x.ndim == 4 and x.shape[3] not in (1, 3)):
        raise InputError(
            f"{where} {x.shape} must be vectors (samples, features) or images (samples, height, width[, channels]) of "
            "1 or 3 channels, which are summed; numpy.moveaxis puts the channels last, x[..., :3] leaves alpha out"
        )
    with np.errstate(over="ignore"):
        finite = x.dtype.kind != "f" or np.isfinite(x.astype(np.float32)).all()
    if not finite:
        raise InputError(f"{where} holds NaN, infinite or larger values than single precision has")


def _classes(where: str, y: np.ndarray) -> np.ndarray:
    if y.ndim != 1:
        raise InputError(
            f"{where} {y.shape} must hold one class a sample, (samples,); numpy.argmax(y, axis=1) makes classes of "
            "one-hot rows, numpy.ravel(y) of a column"
        )
    if y.dtype.kind not in "biuf":
        raise InputError(
            f"{where} must hold class numbers, not {y.dtype}; numpy.unique(y, return_inverse=True)[1] numbers names"
        )
    with np.errstate(invalid="ignore"):
        whole = (y == np.floor(y)) if y.dtype.kind == "f" else np.ones(len(y), bool)
    if not whole.all():
        raise InputError(f"{where} must hold class numbers, and {y[~whole][0]} is none")
    if len(y) and max(abs(float(y.min())), abs(float(y.max()))) > LARGEST_CLASS:
        raise InputError(f"{where} must hold classes of at most {LARGEST_CLASS}; number them anew")
    return y.astype(np.int64)


SOURCES: dict[str, Callable[..., tuple[Split, Split]]] = {
    "digits": _digits,
    "MNIST": _idx("MNIST"),
    "KMNIST": _idx("KMNIST"),
    "FashionMNIST": _idx("FashionMNIST"),
    "CIFAR10": _cifar10,
    "npz": _npz,
    "planted": lambda data_dir, **law: planted(**law),
}
"""Where raw images come from: ``(data_dir, **options) -> (training split, test split)``."""
