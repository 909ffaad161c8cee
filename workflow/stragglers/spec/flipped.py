"""A dataset with wrong labels planted in it, as a plain value."""

from dataclasses import dataclass, field
from typing import Any

from . import own
from .specification import Dataset


@dataclass(frozen=True)
class FlippedDataset(Dataset):
    """One entry of the config's ``datasets`` a share of whose training labels are made wrong.

    What every training reads is :class:`.specification.Dataset`: a key that joins here trains nothing again.
    """

    # Without a default it is in every canonical form, which tells one of these from a `Dataset` by it.
    flips: float = field(kw_only=True)

    @property
    def source_name(self) -> str:
        return f"{super().source_name} with {self.flips:g} of the labels flipped"


def dataset_of(**values: Any) -> Dataset:
    """The specification that the values of a canonical form mean, of whichever kind; for :func:`.from_canonical`."""
    return FlippedDataset(**values) if "flips" in values else own.dataset_of(**values)
