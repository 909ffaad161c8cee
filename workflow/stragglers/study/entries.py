"""Entries of the configuration as specifications, held against what their schema cannot know."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.sources import content_of
from ..spec.specification import Network, Optimizer
from ..support.errors import InputError


def network_of(name: str, entry: Mapping[str, Any], reads_files: bool = True) -> Network:
    """The network ``name``, with the hash of its own file: one that is edited is another network.

    Raises :class:`InputError` for a key that is not of its kind and, with ``reads_files``, for a file that is gone.
    """
    try:
        network = Network.from_config(name, entry)
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
        return Optimizer.from_config(name, entry)
    except InputError as error:
        raise InputError(f"config, {error}") from None
