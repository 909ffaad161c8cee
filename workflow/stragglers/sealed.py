"""Files that the workflow writes and reads again: moved into place whole, each with a seal beside it.

The seal of ``name`` is the hidden file ``.name.sha256``, in the form that ``sha256sum --check`` reads. A flipped bit
then ends in a message, not in other results, and a killed writer leaves nothing that looks finished.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import InputError


def seal_of(path: Path) -> Path:
    """Where the seal of ``path`` stands."""
    return path.with_name(f".{path.name}.sha256")


@contextmanager
def writing(path: Path | str) -> Iterator[Path]:
    """A file to write to that becomes ``path``, sealed, once the block ends without an exception.

    It has this process's number in its name: of two writers at a time each leaves a whole file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.part-*"):
        if not _alive(int(left.name.rpartition("-")[2])):
            left.unlink(missing_ok=True)
    part = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        yield part
        seal = part.with_name(f"{part.name}.sha256")
        seal.write_text(f"{_digest(part)}  {path.name}\n", encoding="utf-8")
        seal.replace(seal_of(path))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sealed(path: Path | str) -> Path:
    """``path``, once its content is what was written; a file without a seal is taken as it is.

    Raises :class:`InputError` for a file that is damaged or absent.
    """
    path = Path(path)
    try:
        seal = seal_of(path).read_text(encoding="utf-8", errors="replace") if seal_of(path).is_file() else None
        if seal is None or seal.split("  ")[0] == _digest(path):
            return path
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    raise InputError(f"{path} is damaged: it does not hold what was written; delete it, then the same command again")


def read_table(path: Path | str, **options: Any) -> pd.DataFrame:
    """A Parquet file of the workflow; ``options`` go to :func:`pandas.read_parquet`."""
    return pd.read_parquet(sealed(path), **options)


def write_table(table: pd.DataFrame, path: Path | str) -> None:
    """``table`` as a Parquet file of the workflow."""
    with writing(path) as part:
        table.to_parquet(part, index=False)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
