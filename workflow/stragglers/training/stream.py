"""Arrays that are written to disk front to back, while memory holds nothing of them."""

import os
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from ..support.sealed import naming

CHUNK = 2**24
"""Bytes to read at a time."""


class Stream:
    """An .npy file that grows by its first axis."""

    def __init__(self, path: Path, dtype: type, shape: tuple[int, ...], kept: Sequence[int] | None = None):
        """``shape`` in the end; ``kept``, an earlier :meth:`state`, says where to go on."""
        self.path, self.dtype, self.checksum = path, dtype, 0
        with naming(path):
            self.file = open(path, "r+b") if kept else open(path, "wb")  # noqa: SIM115 - closed by close()
        if kept:
            size, self.checksum = kept
            self.file.truncate(size)
            self.file.seek(size)
        else:
            header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
            text = BytesIO()
            np.lib.format.write_array_header_1_0(text, header)
            self._write(text.getbuffer())

    def append(self, rows: torch.Tensor) -> None:
        self._write(rows.contiguous().cpu().numpy().astype(self.dtype, copy=False).data)

    def _write(self, values: memoryview) -> None:
        self.checksum = zlib.crc32(values, self.checksum)
        with naming(self.path):
            self.file.write(values)

    def state(self) -> list[int]:
        """Bytes that are written, and their checksum: what :func:`stands` and a new stream ask for."""
        with naming(self.path):
            self.file.flush()
        return [self.file.tell(), self.checksum]

    def close(self) -> None:
        with naming(self.path):
            self.file.close()

    def become(self, path: Path) -> None:
        """Stand at ``path``, too, as long as a checkpoint may be gone on from; or instead, where there are no links."""
        try:
            os.link(self.path, path)
        except OSError:
            self.path.replace(path)


def stands(path: Path, size: int, checksum: int) -> bool:
    """Whether the first ``size`` bytes of the file, in which more may follow, are those that bear ``checksum``."""
    if not path.is_file():
        return False
    found = 0
    with open(path, "rb") as file:
        while size and (chunk := file.read(min(size, CHUNK))):
            found, size = zlib.crc32(chunk, found), size - len(chunk)
    return size == 0 and found == checksum
