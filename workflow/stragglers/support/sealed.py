"""Files that the workflow writes and reads again: moved into place whole, each with a seal beside it.

The seal of ``name`` is the hidden file ``.name.sha256``, in the form that ``sha256sum --check`` reads. A flipped bit
then ends in a message, not in other results, and a killed writer leaves nothing that looks finished. A file whose
seal is absent (a copy without hidden files) is taken as it is; one whose seal is itself damaged counts as damaged.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .errors import InputError
from .text import one_line

REMEDY = "delete it, then run again the command that made it"


def seal_of(path: Path) -> Path:
    """Where the seal of ``path`` stands."""
    return path.with_name(f".{path.name}.sha256")


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """For what is written to ``path``: an :class:`OSError` of the block, as of a full disk, is an :class:`InputError`.

    One that names another file, such as what is read meanwhile, stays as it is.
    """
    path = Path(path)
    try:
        yield
    except OSError as error:
        named = error.filename and Path(os.fsdecode(error.filename))
        if named and path.name not in named.name and named not in path.parents:
            raise
        what = error.strerror or one_line(str(error))
        remedy = "free some" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "see to it"
        raise InputError(
            f"{path} cannot be written ({what} in {path.parent.absolute()}); {remedy}, then run the same command again"
        ) from error


@contextmanager
def beside(path: Path | str) -> Iterator[Path]:
    """A name beside ``path`` for what is to become it, a file or a folder; what still bears it at the end is removed.

    It has this process's number in it: of two writers at a time each leaves something whole. What killed processes
    left goes first.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*.part"):
        if not _alive(int(left.suffixes[-2][1:])):
            _remove(left)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        _remove(part)


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A file to write to that becomes ``path`` once the block ends without an exception.

    Raises :class:`InputError` where it cannot be written.
    """
    with naming(path), beside(path) as part:
        yield part
        part.replace(path)


@contextmanager
def writing(path: Path | str) -> Iterator[Path]:
    """The same with a seal: for a file that :func:`reading` reads."""
    path = Path(path)
    with replacing(path) as part:
        yield part
        with replacing(seal_of(path)) as seal:
            seal.write_text(f"{digest_of(part)}  {path.name}\n", encoding="utf-8")


def sealed(path: Path | str) -> Path:
    """``path``, once its content is what was written; a file without a seal is taken as it is.

    Raises :class:`InputError` for a file that is damaged or absent.
    """
    path = Path(path)
    try:
        digest = digest_of(path)
        seal = seal_of(path).read_text(encoding="utf-8", errors="replace") if seal_of(path).is_file() else digest
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); run again the command that made it") from error
    if seal.split("  ")[0] != digest:
        raise InputError(f"{path} is damaged: it does not hold what was written; {REMEDY}")
    return path


@contextmanager
def reading(path: Path | str) -> Iterator[Path]:
    """``path`` to read from, if it is :func:`sealed`.

    Raises :class:`InputError`, too, for a file without a seal that the block cannot read.
    """
    path = sealed(path)
    try:
        yield path
    except Exception as error:
        # What bears its seal is what was written: then the fault is not the file's.
        if seal_of(path).is_file():
            raise
        raise InputError(f"{path} is damaged ({error}); {REMEDY}") from error


def damaged(folder: Path) -> Iterator[Path]:
    """The files below ``folder`` that do not hold what was written."""
    for seal in sorted(folder.rglob(".*.sha256")):
        file = seal.with_name(seal.name.removeprefix(".").removesuffix(".sha256"))
        if file.is_file():
            try:
                sealed(file)
            except InputError:
                yield file


def read_table(path: Path | str, **options: Any) -> pd.DataFrame:
    """A Parquet file of the workflow; ``options`` go to :func:`pandas.read_parquet`."""
    with reading(path) as whole:
        return pd.read_parquet(whole, **options)


def write_table(table: pd.DataFrame, path: Path | str) -> None:
    """``table`` as a Parquet file of the workflow."""
    with writing(path) as part:
        table.to_parquet(part, index=False)


def read_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Name -> array of an .npz file of the workflow."""
    with reading(path) as whole, np.load(whole) as stored:
        return dict(stored)


def write_arrays(arrays: Mapping[str, Any], path: Path | str) -> None:
    """``arrays`` as an .npz file of the workflow."""
    with writing(path) as part, open(part, "wb") as file:
        np.savez(file, **arrays)


def write_text(text: str, path: Path | str) -> None:
    """``text`` as a file of the workflow."""
    with writing(path) as part:
        part.write_text(text, encoding="utf-8")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
