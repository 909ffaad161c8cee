"""Runs that differ in their seed only, and those that the others are compared with."""

from dataclasses import dataclass

REFERENCE = {"network": "reference", "optimizer": "gd"}
"""The network and optimiser that the others are compared with, by their config names."""


@dataclass(frozen=True, order=True)
class Cell:
    """Runs that differ in their seed only, by config names."""

    dataset: str
    network: str
    optimizer: str
