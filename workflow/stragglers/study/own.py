"""A study of a user's own data that no file describes: all of it follows from where the data are."""

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..data.toys import TOYS
from ..support.errors import InputError
from ..support.text import one_line

SOURCES = {".npz": "npz", ".csv": "table", ".tsv": "table", ".parquet": "table"}
"""Suffix of a file -> its source."""
FOLDERS = ("runs", "logs", "benchmarks")
"""Names below ``results/`` that are no study's."""
LONGEST = 90
LEARNING_RATE, MOST_EPOCHS, SEEDS = 0.1, 8000, "0-9"


def source_of(path: str) -> str:
    """What is at ``path``, a folder, a file or the name of a toy set; raises :class:`InputError` if it is none."""
    if os.path.isdir(path):
        return "folder"
    if os.path.isfile(path):
        if source := SOURCES.get(Path(path).suffix.lower()):
            return source
        raise InputError(f"data, {path}: is no {', '.join(SOURCES)} file; write the data as one, or images by class")
    if path in TOYS:
        return "sklearn"
    raise InputError(
        f"data, {path}: there is no such file or folder; correct the path (from {os.getcwd()}), or take one of "
        f"scikit-learn's sets: {', '.join(TOYS)}"
    )


def name_of(text: str, taken: Collection[str] = ()) -> str:
    """A name for a study, such as the configuration allows, that is neither a folder of all studies nor ``taken``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", plain).strip("_")[:LONGEST]
    if not re.match("[A-Za-z]", name):
        name = f"data_{name}".rstrip("_")
    return f"{name}_data" if name.lower() in {*FOLDERS, *map(str.lower, taken)} else name


def own_study(path: str, label: str | None = None, taken: Collection[str] = ()) -> dict[str, Any]:
    """The configuration of a study of the data at ``path``: every class told apart, by the reference network alone.

    ``label`` is the column of the classes, of a table; ``taken``, names of other studies. Raises :class:`InputError`
    for a path at which no data can be, and for a ``label`` of something else than a table.
    """
    path = os.path.expanduser(path)
    if os.path.basename(path.rstrip("/")) in ("", ".", ".."):
        path = os.path.abspath(path or ".")
    source = source_of(path)
    if label is not None and source != "table":
        raise InputError(f"label, {label}: only a table has columns, and {path} is a {source}; leave it out")
    folder, file = os.path.split(path.rstrip("/"))
    name = name_of(file if source in ("folder", "sklearn") else Path(file).stem, taken)
    entry = {"source": source, "task": "classes", "title": one_line(file)[:100]}
    entry |= {"name": path} if source == "sklearn" else {"file": file}
    return {
        "study": name,
        "data_dir": folder or ".",
        "datasets": {name: entry | ({"label": label} if label is not None else {})},
        "networks": {"reference": {}},
        "optimizers": {"gd": {"lr": LEARNING_RATE}},
        "training": {"epochs": MOST_EPOCHS, "until": "inversion"},
        "runs": [{"datasets": [name], "seeds": [SEEDS]}],
        "claims": False,
    }


def described(config: Mapping[str, Any]) -> str:
    """What an :func:`own_study` does, in two lines."""
    ((_, entry),) = config["datasets"].items()
    what = {"sklearn": "scikit-learn's set", "npz": "the arrays of"}.get(entry["source"], f"the {entry['source']}")
    (seeds,) = config["runs"][0]["seeds"]
    training = config["training"]
    epochs = f"{training['epochs']} epochs"
    if training["until"] == "inversion":
        epochs = f"until the inversion of every run is decided, {epochs} at most"
    return one_line(
        f"Study {config['study']}: {what} {entry.get('file', entry.get('name'))}, every class told apart, features "
        f"standardised; what is not split keeps a fifth of each class for testing."
    ) + (
        f"\nThe reference network, gradient descent with learning rate {config['optimizers']['gd']['lr']}, "
        f"{epochs}, seeds {seeds}. Results will be in results/{config['study']}."
    )
