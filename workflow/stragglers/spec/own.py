"""A dataset of a user's own as a plain value: where it is, how it is read and how it is split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .specification import Dataset

OWN_SOURCES = ("folder", "table", "sklearn")
"""Sources that are always of this kind; ``npz`` is where its arrays are not split."""
TEST_FRACTION = 0.2
LABEL = "label"
"""Column of a table that holds the classes, unless the entry names another."""


@dataclass(frozen=True)
class OwnDataset(Dataset):
    """One entry of the config's ``datasets`` whose samples have names of classes and an origin.

    ``file``: the file or folder below ``data_dir``, or the name of a toy set. ``label``: column of the classes, of a
    table. ``test_fraction``: share of each class that is kept for testing where the data are not split.

    What every training reads is :class:`.specification.Dataset`: a key that joins here trains nothing again.
    """

    label: str | None = None
    # Without a default it is in every canonical form, which tells one of these from a `Dataset` by it.
    test_fraction: float = field(kw_only=True)

    @property
    def source_name(self) -> str:
        label = f" by {self.label}" if self.label else ""
        fraction = f" tested on {self.test_fraction:g}" if self.test_fraction != TEST_FRACTION else ""
        return super().source_name + label + fraction

    @property
    def least_groups(self) -> int:
        return 2 if self.task == "classes" else super().least_groups


def dataset_of(**values: Any) -> Dataset:
    """The specification that the values of a canonical form mean; for :func:`.canonical.from_canonical`."""
    return (OwnDataset if "test_fraction" in values else Dataset)(**values)


def as_trained(dataset: Dataset) -> Mapping[str, Any]:
    """What a training is told of ``dataset``: how its own files are read is in its address already."""
    return {name: getattr(dataset, name) for name in Dataset.__dataclass_fields__}
