"""What a study's tables say of one main dataset: the rows that the claims are measured on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..spec.specification import Defining
from ..study.cell import REFERENCE
from ..tables.rows import defining_by_network, rows_of


@dataclass(frozen=True)
class Evidence:
    """A study's tables cut down to one main dataset, each when it is asked for: a table that no claim reads may lack.

    Inversions are those at the defining observable and layer, one row a run, those that diverged among them.
    """

    tables: Mapping[str, pd.DataFrame]
    family: Sequence[str]
    """Names of the main dataset and then of its subsamples."""
    defining: Defining
    orders: Mapping[str, str]
    """Optimiser -> the first that differs from it in the order of its mini-batches only."""

    @property
    def main(self) -> str:
        """Name of the main dataset."""
        return self.family[0]

    def rows(self, name: str, **other: str) -> pd.DataFrame:
        """Rows of any table about the reference on the main dataset, as far as the table tells runs apart.

        ``other``: another network or optimizer.
        """
        table = self.tables[name]
        for column, value in {"dataset": self.main, **REFERENCE, **other}.items():
            table = table[table[column] == value] if column in table else table
        return table

    @cached_property
    def complete(self) -> pd.DataFrame:
        """Inversions of all runs on whole training sets, in every observable of all groups."""
        whole = self.tables["inversion"].query("removed == 'none' and class_a.isna()")
        return defining_by_network(whole, self.defining)

    def inversions(self, observable: str | None = None, **other: str) -> pd.DataFrame:
        """Inversions of the reference on the main dataset, or with ``other`` dataset, network or optimizer.

        ``observable``: the defining one, if None.
        """
        turns = self.complete[self.complete["observable"] == (observable or self.defining.observable)]
        return rows_of(turns, {"dataset": self.main, **REFERENCE, **other})

    def names(self, part: str) -> list[str]:
        """Which values of ``network`` or ``optimizer`` have runs on the main dataset, beside the reference's."""
        here = self.complete.loc[self.complete["dataset"] == self.main, part]
        return [name for name in here.unique() if name != REFERENCE[part]]

    @cached_property
    def reference(self) -> pd.DataFrame:
        """Inversions of the reference network and optimiser on the main dataset."""
        return self.inversions()

    @cached_property
    def by_optimizer(self) -> dict[str, pd.DataFrame]:
        """Optimiser -> inversions; of several that differ in the order of mini-batches only, the first. The
        reference is left out here and in the next two."""
        return {name: self.inversions(optimizer=name) for name in self.names("optimizer") if self.orders[name] == name}

    @cached_property
    def by_network(self) -> dict[str, pd.DataFrame]:
        return {name: self.inversions(network=name) for name in self.names("network")}

    @cached_property
    def by_subsample(self) -> dict[str, pd.DataFrame]:
        return {name: self.inversions(dataset=name) for name in self.family[1:]}

    @cached_property
    def by_order(self) -> dict[str, pd.DataFrame]:
        """Optimiser with mini-batches in several orders -> the inversions of all of them."""
        where = {"dataset": self.main, "network": REFERENCE["network"], "observable": self.defining.observable}
        here = rows_of(self.complete, where)
        alike = here.groupby(here["optimizer"].map(self.orders))
        return {first: rows for first, rows in alike if rows["optimizer"].nunique() > 1}

    @cached_property
    def n_samples(self) -> dict[str, int]:
        """Main dataset and subsamples -> P."""
        linear = self.tables["linear"]
        sizes = linear[linear["dataset"].isin(self.family)].drop_duplicates("dataset")
        return dict(zip(sizes["dataset"], sizes["n_samples"], strict=True))

    @cached_property
    def ablation(self) -> pd.DataFrame:
        """Rows of ``ablation`` for the reference; also of runs that diverged, whose errors are null."""
        return self.rows("ablation")

    @cached_property
    def overlap(self) -> pd.DataFrame:
        """Rows of ``overlap`` on the main dataset: all networks, and optimisers as above."""
        table = self.tables["overlap"]
        distinct = [name for name, first in self.orders.items() if name == first]
        return table[
            (table["dataset"] == self.main) & table["optimizer_a"].isin(distinct) & table["optimizer_b"].isin(distinct)
        ]

    @cached_property
    def nested(self) -> pd.DataFrame:
        """Rows of ``nested`` for the reference: the main dataset and subsamples inside larger ones."""
        table = self.tables["nested"]
        return rows_of(table[table["inner"].isin(self.family)], REFERENCE)
