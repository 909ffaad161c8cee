"""Which classes of the raw data make which group: what a network is to tell apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..support.errors import InputError

Groups = list[list[int]]
"""The classes of each group, in the groups' order."""


def groups(task: str | Mapping[str, Any], classes: Sequence[int]) -> Groups:
    """The groups that ``task`` makes of ``classes``, the distinct ones of the raw data; each of one class or more.

    ``parity``: even classes, odd ones (the paper's task). ``classes``: each on its own. ``{pair: [a, b]}``: a, b.
    ``{one_vs_rest: c}``: the others, c. ``{groups: [[..], [..], ..]}``: as listed.

    Raises :class:`InputError` for a class of two groups, and a task that is none of these.
    """
    match task:
        case "parity":
            return [[c for c in classes if c % 2 == rest] for rest in (0, 1)]
        case "classes":
            return [[c] for c in classes]
        case {"pair": [a, b]}:
            return [[a], [b]]
        case {"one_vs_rest": one}:
            return [[c for c in classes if c != one], [one]]
        case {"groups": listed}:
            flat = [c for group in listed for c in set(group)]
            if twice := sorted({c for c in flat if flat.count(c) > 1}):
                raise InputError(f"`task` {dict(task)}: {twice} would be in two groups; keep each class in one")
            return [list(group) for group in listed]
        case _:
            raise InputError(f"unknown `task` {task!r}; see config/README.md")


def group_of(groups: Groups, classes: np.ndarray) -> np.ndarray:
    """Number of the group of each sample, -1 where its class takes no part; int16, shape of ``classes``."""
    numbers = np.full(classes.shape, -1, np.int16)
    for number, group in enumerate(groups):
        numbers[np.isin(classes, group)] = number
    return numbers


def labels_of(groups: Groups) -> np.ndarray:
    """The label of each group: -1 and +1 of two, else its number; (groups,)."""
    return np.array([-1, 1], np.int8) if len(groups) == 2 else np.arange(len(groups), dtype=np.int16)


def group_index(label: np.ndarray) -> np.ndarray:
    """Number of each point's group, 0 to K - 1, by its label (P,); undoes :func:`labels_of`."""
    label = np.asarray(label)
    return (label > 0).astype(np.int16) if label.min() < 0 else label.astype(np.int16)


def group_names(label: np.ndarray, classes: np.ndarray) -> list[str]:
    """What each group is called, by its classes: "3", "0+2+4"; (K,) in the order of the groups."""
    index = group_index(label)
    return ["+".join(map(str, np.unique(classes[index == number]))) for number in np.unique(index)]
