"""What a result rests on: the configuration and the software, as tables."""

import json
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from typing import Any

import pandas as pd

from .text import printable


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


def software_table() -> pd.DataFrame:
    """Python, platform and installed packages with their versions."""
    packages = sorted({(d.name, d.version) for d in distributions()}, key=lambda item: item[0].lower())
    rows = [("Python", platform.python_version()), ("platform", platform.platform()), *packages]
    return pd.DataFrame(rows, columns=["software", "version"])
