"""Entries of the configuration as specifications, held against what their schema cannot know."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.arrays import is_unsplit
from ..data.sources import content_of
from ..spec.flipped import FlippedDataset
from ..spec.own import OWN_SOURCES, TEST_FRACTION, OwnDataset
from ..spec.specification import Dataset, Network, Optimizer, planting
from ..support.errors import InputError
from ..support.text import one_line
from .families import members

SOURCES_OF_KEY = {
    "file": ("npz", "folder", "table"),
    "name": ("sklearn",),
    "planted": ("planted",),
    "label": ("table",),
    "test_fraction": ("npz", *OWN_SOURCES),
    "flips": ("digits", "MNIST", "KMNIST", "FashionMNIST", "CIFAR10", "npz"),
}
"""Key of a dataset's entry -> the sources that it is for."""
OPTIONAL = ("label", "test_fraction", "flips")


def titles_of(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Name -> title, of all entries of a section."""
    return {name: one_line(entry.get("title", "")) or name for name, entry in entries.items()}


def data_titles(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Name of a dataset -> what its data are called whatever is made of them: what the titles of all entries of the
    same source have in common, comma by comma.

    ``entries``: as a user writes them. The titles of the datasets that an entry with ``tasks`` means say the task, too.
    """
    titles = titles_of(entries)
    sources = {name: (entry["source"], entry.get("file", entry.get("name"))) for name, entry in entries.items()}
    parts: dict[Any, list[str]] = {}
    for name, source in sources.items():
        here = titles[name].split(", ")
        shared = parts.setdefault(source, here)
        parts[source] = [part for part, other in zip(shared, here, strict=False) if part == other]
    named = {name: ", ".join(parts[source]) or titles[name] for name, source in sources.items()}
    return {made: named[name] for name, datasets in members(entries).items() for made in datasets}


def untitled(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry means: its title is what it is called only."""
    return {key: value for key, value in entry.items() if key != "title"}


def dataset_of(name: str, entry: Mapping[str, Any], data_dir: str, prepared: Sequence[Dataset] = ()) -> Dataset:
    """The dataset ``name``, without the hash of what it holds.

    Whether an archive is split is seen in it, or where it is gone in what was ``prepared`` of it.

    Raises :class:`InputError` for a key that its source does not have, or one that it needs and is not there.
    """
    where, source, task = f"config, datasets.{name}", entry["source"], entry.get("task")
    for key, sources in SOURCES_OF_KEY.items():
        needed = source in sources and key not in OPTIONAL
        if (key in entry and source not in sources) or (needed and key not in entry):
            raise InputError(f"{where}.{key}: give it with `source: {'` or `'.join(sources)}`, and only then")
    file, subset = entry.get("file", entry.get("name")), entry.get("subset")
    if source == "planted":
        if task is not None:
            raise InputError(f"{where}.task: planted data have their own labels; leave it out")
        return Dataset(source, planted=planting(entry["planted"]), subset=subset)
    unsplit = any(isinstance(one, OwnDataset) and (one.source, one.file) == (source, file) for one in prepared)
    if source == "npz" and os.path.exists(path := Path(data_dir) / file):
        unsplit = is_unsplit(path)
    if source in OWN_SOURCES or unsplit:
        if "flips" in entry:
            raise InputError(
                f"{where}.flips: {file} is not split, and test labels stay clean; split it, or leave this out"
            )
        fraction = entry.get("test_fraction", TEST_FRACTION)
        return OwnDataset(
            source, file, task or "classes", subset, label=entry.get("label"), test_fraction=float(fraction)
        )
    if "test_fraction" in entry:
        raise InputError(f"{where}.test_fraction: {file} has a test split of its own; leave it out")
    if "flips" in entry:
        return FlippedDataset(source, file, task or "parity", subset, flips=float(entry["flips"]))
    return Dataset(source, file, task or "parity", subset)


def network_of(name: str, entry: Mapping[str, Any], reads_files: bool = True) -> Network:
    """The network ``name``, with the hash of its own file: one that is edited is another network.

    Raises :class:`InputError` for a key that is not of its kind and, with ``reads_files``, for a file that is gone.
    """
    try:
        network = Network.from_config(name, untitled(entry))
    except InputError as error:
        raise InputError(f"config, {error}") from None
    if network.file is None:
        return network
    if os.path.isfile(network.file):
        return replace(network, content=content_of(Path(network.file)))
    if reads_files:
        raise InputError(
            f"config, networks.{name}.file: {network.file!r} is no file of the folder that the study runs in, "
            f"{os.getcwd()} (put it there, or correct the path)"
        )
    return network


def optimizer_of(name: str, entry: Mapping[str, Any]) -> Optimizer:
    """Raises :class:`InputError` for a setting that its algorithm does not have."""
    try:
        return Optimizer.from_config(name, untitled(entry))
    except InputError as error:
        raise InputError(f"config, {error}") from None
