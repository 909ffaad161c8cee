"""A protocol whose length is found while training."""

from dataclasses import dataclass, field, fields
from itertools import count, takewhile
from typing import Any

from .specification import Protocol

FIRST = 500
"""Epochs after which is first asked whether they are enough."""


@dataclass(frozen=True)
class UntilInversion(Protocol):
    """The config's ``training`` block with ``until: inversion``: ``epochs`` are the most, and fewer do if they decide.

    Every other training reads :class:`Protocol`: a key that joins here trains nothing again.
    """

    # Without a default it is in every canonical form, which tells one of these from a `Protocol` by it.
    until: str = field(kw_only=True)

    @property
    def stages(self) -> list[Protocol]:
        """Protocols to try one after another: from :data:`FIRST` epochs on, each twice as long, up to the limit."""
        plain = {each.name: getattr(self, each.name) for each in fields(Protocol)}
        lengths = takewhile(lambda length: length < self.epochs, (FIRST * 2**doubling for doubling in count()))
        return [Protocol(**plain | {"epochs": length}) for length in (*lengths, self.epochs)]


def protocol_of(**values: Any) -> Protocol:
    """The protocol that a ``training`` block, or the values of a canonical form, mean; other keys are left out."""
    kind = UntilInversion if values.get("until") == "inversion" else Protocol
    return kind(**{each.name: values[each.name] for each in fields(kind) if each.name in values})
