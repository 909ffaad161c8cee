"""An .npz archive of data that are not split: ``X``, vectors or images, and ``y``, one class a sample."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from ..spec.own import OwnDataset
from ..support.errors import InputError
from ..support.text import one_line
from .samples import Samples, place_of, refuse_changed
from .sources import ARRAYS, _refuse_images, content_of

UNSPLIT = ("X", "y")


def content(specification: OwnDataset, data_dir: Path) -> str:
    """SHA-256 of the file."""
    return content_of(place_of(specification, data_dir))


def is_unsplit(path: Path) -> bool:
    """Whether ``path`` is an archive without any array of a split."""
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return not held & {*ARRAYS}


def read(specification: OwnDataset, data_dir: Path) -> Samples:
    """Raises :class:`InputError` for an array that is missing or cannot be used, by its name."""
    path = place_of(specification, data_dir)
    data = path.read_bytes()
    refuse_changed(path, specification, hashlib.sha256(data).hexdigest())
    arrays = {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            held = archive.files
            for name in UNSPLIT:
                if name in held:
                    arrays[name] = archive[name]
    except ValueError:
        raise InputError(f"{path}: X or y holds Python objects; save numbers, and y.astype(str) of texts") from None
    except Exception as error:  # zipfile, zlib and numpy each have their own for a damaged file
        raise InputError(f"{path} cannot be read ({one_line(str(error))}); write it again with numpy.savez") from None
    if missing := [name for name in UNSPLIT if name not in arrays]:
        raise InputError(
            f"{path}: {missing[0]} is missing (it holds {', '.join(held[:6]) or 'nothing'}); it must hold X and y, "
            f"or split, {', '.join(ARRAYS)}"
        )
    x, y = arrays["X"], arrays["y"]
    _refuse_images(f"{path}: X", x)
    names = _class_texts(f"{path}: y", y)
    if len(x) != len(names):
        raise InputError(f"{path}: X {x.shape} and y {y.shape} do not match, one row a sample")
    return Samples(x, names, np.arange(len(x)).astype(str))


def _class_texts(where: str, y: np.ndarray) -> np.ndarray:
    if y.ndim != 1:
        raise InputError(
            f"{where} {y.shape} must hold one class a sample, (samples,); numpy.argmax(y, axis=1) makes classes of "
            "one-hot rows, numpy.ravel(y) of a column"
        )
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind == "f":
        if not (np.isfinite(y).all() and (y == np.floor(y)).all()):
            raise InputError(f"{where} holds numbers that are not whole; it must hold classes")
        y = y.astype(np.int64)
    if y.dtype.kind not in "biuU":
        raise InputError(f"{where} must hold classes, whole numbers or texts, not {y.dtype}")
    return y.astype(str)
