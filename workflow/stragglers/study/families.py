"""Entries of the configuration that stand for many datasets, one a task."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from ..spec.specification import Dataset
from ..support.errors import InputError

CLASSES = range(10)
"""The classes that ``tasks`` are made of."""


def tasks_of(tasks: str | Mapping[str, int]) -> dict[str, Any]:
    """Suffix of a name -> the task, for each that an entry's ``tasks`` means.

    Splits are into two groups of five classes, class 0 in the first. No two random tasks are the same, and of more
    there come others after the same first ones.
    """
    match tasks:
        case "pairs":
            return {f"{a}_{b}": {"pair": [a, b]} for a, b in combinations(CLASSES, 2)}
        case {"random_pairs": n, "seed": seed}:
            pairs = tasks_of("pairs")
            drawn = np.random.default_rng(seed).permutation([*pairs])[:n]
            return {str(suffix): pairs[suffix] for suffix in drawn}
        case "one_vs_rest":
            return {str(c): {"one_vs_rest": c} for c in CLASSES}
        case {"random_splits": n, "seed": seed}:
            splits = [(0, *others) for others in combinations(CLASSES[1:], 4)]
            drawn = np.random.default_rng(seed).permutation(len(splits))[:n]
            return {str(number): _split(splits[each]) for number, each in enumerate(drawn)}
        case _:
            raise InputError(f"unknown `tasks` {tasks!r}; see config/README.md")


def _split(first: tuple[int, ...]) -> dict[str, list[list[int]]]:
    return {"groups": [[*first], [c for c in CLASSES if c not in first]]}


def members(datasets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name in the config -> the datasets that it means by name, one unless the entry has ``tasks``.

    Raises :class:`InputError` for an entry with both ``task`` and ``tasks``, and for two datasets of one name.
    """
    found = {name: dict(_members(name, entry)) for name, entry in datasets.items()}
    names = [name for made in found.values() for name in made]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"config, datasets.{twice[0]}: `tasks` of another entry makes one of this name (rename one)")
    return found


def _members(name: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "tasks" not in entry:
        yield name, dict(entry)
        return
    if "task" in entry:
        raise InputError(f"config, datasets.{name}.tasks: there is a `task`, too; keep one of them")
    shared = {key: value for key, value in entry.items() if key not in ("tasks", "title")}
    for suffix, task in tasks_of(entry["tasks"]).items():
        made = f"{name}_{suffix}"
        title = (
            {"title": f"{entry['title']}: {Dataset(entry['source'], task=task).task_name}"} if "title" in entry else {}
        )
        yield made, {**shared, "task": task, **title}


def expanded(config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with every entry that has ``tasks`` replaced by its datasets, wherever it is named.

    Raises :class:`InputError` as :func:`members` does.
    """
    made = members(config["datasets"])

    def every(names: list[str]) -> list[str]:
        return [dataset for name in names for dataset in made.get(name, [name])]

    return {
        **config,
        "datasets": {name: entry for entries in made.values() for name, entry in entries.items()},
        **{
            section: [entry | {"datasets": every(entry["datasets"])} for entry in config[section]]
            for section in ("runs", "ablations")
            if section in config
        },
    }
