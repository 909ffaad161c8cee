"""What a result rests on: the configuration, as a file of a study, and the software."""

import platform
from collections.abc import Mapping
from importlib.metadata import distributions
from typing import Any

import pandas as pd
import yaml


def configuration_text(config: Mapping[str, Any]) -> str:
    """A file that asks for the same study, in YAML."""
    first = {key: config[key] for key in ("study", "data_dir") if key in config}
    return yaml.safe_dump({**first, **config}, sort_keys=False, allow_unicode=True, width=100, indent=2)


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
    packages: dict[str, str] = {}
    for found in distributions():
        # Of one that is installed twice, that which is imported.
        packages.setdefault(found.name, found.version)
    listed = sorted(packages.items(), key=lambda item: (item[0].lower(), item))
    here = [("Python", platform.python_version()), ("platform", platform.platform()), *listed]
    rows = [
        *(("training", row.software, f"trained {row.runs} runs of {row.datasets}") for row in trained.itertuples()),
        *((name, version, "wrote this page") for name, version in here),
    ]
    return pd.DataFrame(rows, columns=["software", "version", "what it did"])
