"""What a result rests on: the configuration and the software, as tables."""

import json
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from typing import Any

import pandas as pd

from ..support.text import printable


def configuration_table(config: Mapping[str, Any]) -> pd.DataFrame:
    """One row a key, nested keys joined with dots."""

    def walk(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in entries:
            path = f"{prefix}.{key}".lstrip(".")
            # Lists of plain values read better whole.
            if isinstance(inner, dict) or (isinstance(inner, list) and any(isinstance(i, dict) for i in inner)):
                yield from walk(path, inner)
            else:
                yield path, printable(inner) if isinstance(inner, str) else json.dumps(inner)

    return pd.DataFrame(walk("", config), columns=["key", "value"])


UNRECORDED = "versions not recorded"


def training_software(runs: pd.DataFrame) -> pd.DataFrame:
    """Versions that trained ``runs`` (``dataset`` and ``software``, a row each): number of runs and their datasets."""
    groups = runs.groupby("software", sort=False)
    return groups["dataset"].agg(runs="size", datasets=lambda names: ", ".join(names.unique())).reset_index()


def training_note(trained: pd.DataFrame) -> str:
    """What :func:`training_software` means for the tables, in a sentence or two."""
    versions = "; ".join(f"{row.software} ({row.runs} runs)" for row in trained.itertuples())
    if len(trained) == 1:
        return f"All runs were trained by one set of versions: {versions}."
    return (
        f"Warning: tables and figures mix runs that different versions trained: {versions}. "
        "A run trains anew once its folder in results/runs, or in the study's ablations, is deleted."
    )


def software_table(trained: pd.DataFrame) -> pd.DataFrame:
    """What trained the runs, then Python, platform and installed packages here and now."""
    packages = sorted({(d.name, d.version) for d in distributions()}, key=lambda item: item[0].lower())
    here = [("Python", platform.python_version()), ("platform", platform.platform()), *packages]
    rows = [
        *(("training", row.software, f"trained {row.runs} runs of {row.datasets}") for row in trained.itertuples()),
        *((name, version, "wrote this page") for name, version in here),
    ]
    return pd.DataFrame(rows, columns=["software", "version", "what it did"])
