"""What of a study a figure, or a table derived from tables, is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from ..spec.specification import Defining
from ..study.cell import REFERENCE


@dataclass(frozen=True)
class Subject:
    """What is known of a study beside its tables."""

    defining: Defining
    orders: Mapping[str, str]
    """Optimiser -> the first that differs from it in the order of its mini-batches only."""
    epochs: int
    families: Sequence[Sequence[str]]
    """Main datasets, each followed by its subsamples, by name."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Dataset -> its title. Tables go by names and have no need of it, nor of what follows."""
    networks: Mapping[str, str] = field(default_factory=dict)
    optimizers: Mapping[str, str] = field(default_factory=dict)
    stated_fraction: Sequence[float] | None = None
    """From where to where the straggler fraction lies by a claim of the study, if it judges one of it."""

    @property
    def main(self) -> dict[str, str]:
        """Main dataset -> its title."""
        return {family[0]: self.titles[family[0]] for family in self.families}

    def cell(self, network: str, optimizer: str) -> str:
        """A network and an optimiser by what sets them apart from the reference."""
        parts = [self.networks[network]] if network != REFERENCE["network"] else []
        parts += [self.optimizers[optimizer]] if optimizer != REFERENCE["optimizer"] else []
        return ", ".join(parts) or self.networks[network]

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        return cls(**values | {"defining": Defining(**values["defining"])})
