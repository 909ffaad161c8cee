"""What a study's tables say of one main dataset: the rows that the claims are measured on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..spec.specification import Defining
from ..study.cell import REFERENCE
from ..tables.rows import defining_by_network, rows_of

TABLES = ("inversion", "consensus", "conservation_peak", "overlap", "nested", "variance", "linear", "ablation")
"""The tables that claims are measured on."""


@dataclass(frozen=True)
class Evidence:
    """A study's tables cut down to one main dataset.

    Inversions are those at the defining observable and layer, one row a run, those that diverged among them.
    """

    reference: pd.DataFrame
    """Inversions of the reference network and optimiser on the main dataset."""
    by_optimizer: Mapping[str, pd.DataFrame]
    """Optimiser -> inversions; of several that differ in the order of mini-batches only, the first. The
    reference is left out here and in the next two."""
    by_network: Mapping[str, pd.DataFrame]
    by_subsample: Mapping[str, pd.DataFrame]
    by_order: Mapping[str, pd.DataFrame]
    """Optimiser with mini-batches in several orders -> the inversions of all of them."""
    n_samples: Mapping[str, int]
    """Main dataset and subsamples -> P."""
    main: str
    """Name of the main dataset."""
    ablation: pd.DataFrame
    """Rows of ``ablation`` for the reference, as in the next two; also of runs that diverged, whose errors are null."""
    consensus: pd.DataFrame
    peak: pd.DataFrame
    overlap: pd.DataFrame
    """Rows of ``overlap`` on the main dataset: all networks, and optimisers as above."""
    nested: pd.DataFrame
    """Rows of ``nested`` for the reference: the main dataset and subsamples inside larger ones."""
    linear: pd.DataFrame
    """Rows of ``linear`` for the main dataset."""


def gather(
    tables: Mapping[str, pd.DataFrame],
    family: Sequence[str],
    defining: Defining,
    orders: Mapping[str, str],
) -> Evidence:
    """Evidence for ``family``: the main dataset and its subsamples, by name.

    ``tables`` by the names in :data:`TABLES`; ``orders``: optimiser -> the first that differs from it
    in the order of its mini-batches only.
    """
    main = family[0]
    inversion = defining_by_network(tables["inversion"].query("removed == 'none' and class_a.isna()"), defining)
    inversion = inversion[inversion["observable"] == defining.observable]

    def cell(table: pd.DataFrame, **other: str) -> pd.DataFrame:
        return rows_of(table, {"dataset": main, **REFERENCE, **other})

    def of_main(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["dataset"] == main]

    names = of_main(inversion)
    networks = [name for name in names["network"].unique() if name != REFERENCE["network"]]
    optimizers = [name for name in names["optimizer"].unique() if name != REFERENCE["optimizer"]]
    shuffled = rows_of(names, {"network": REFERENCE["network"]})
    shuffled = {first: rows for first, rows in shuffled.groupby(shuffled["optimizer"].map(orders))}
    nested, linear = tables["nested"], tables["linear"]
    nested = rows_of(nested[nested["inner"].isin(family)], REFERENCE)
    overlap = of_main(tables["overlap"])
    distinct = [name for name, first in orders.items() if name == first]
    sizes = linear[linear["dataset"].isin(family)].drop_duplicates("dataset")
    return Evidence(
        reference=cell(inversion),
        by_optimizer={name: cell(inversion, optimizer=name) for name in optimizers if orders[name] == name},
        by_network={name: cell(inversion, network=name) for name in networks},
        by_subsample={name: cell(inversion, dataset=name) for name in family[1:]},
        by_order={first: rows for first, rows in shuffled.items() if rows["optimizer"].nunique() > 1},
        n_samples=dict(zip(sizes["dataset"], sizes["n_samples"], strict=True)),
        main=main,
        ablation=cell(tables["ablation"]),
        consensus=cell(tables["consensus"]),
        peak=cell(tables["conservation_peak"]),
        overlap=overlap[overlap["optimizer_a"].isin(distinct) & overlap["optimizer_b"].isin(distinct)],
        nested=nested,
        linear=of_main(linear),
    )
