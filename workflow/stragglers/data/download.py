"""Official files that are not at hand, from where torchvision says they are."""

import os
from http.client import HTTPException
from pathlib import Path

from ..support.errors import InputError
from ..support.sealed import beside
from .sources import absent, layout, read_official


def download(source: str, data_dir: Path) -> None:
    """Put the files of ``source`` that ``data_dir`` lacks there, each only once it is whole and official.

    Raises :class:`InputError` if they cannot be had. Calling it again goes on with those still missing, and two
    calls at a time do no harm.
    """
    if not (missing := absent(source, data_dir)):
        return
    from torchvision import datasets

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with beside(data_dir / source) as part:
            part.mkdir()
            if source == "CIFAR10" and (archive := data_dir / datasets.CIFAR10.filename).is_file():
                os.symlink(archive.absolute(), part / archive.name)
            getattr(datasets, source)(root=part, download=True)
            for file in missing:
                read_official(source, file, part)
                (data_dir / file).parent.mkdir(parents=True, exist_ok=True)
                (part / file).replace(data_dir / file)
    except (RuntimeError, OSError, HTTPException) as error:
        raise InputError(
            f"{source} is not in `data_dir` ({data_dir}) and could not be downloaded ({_one_line(error)}); put "
            f"{layout(source)} there, or set --config data_dir=PATH to a folder that has it"
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
