"""A study's tables as its page holds them: short enough to be read, sorted and filtered there."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ..support.numbers import rounded_one
from ..support.text import printable
from ..tables.pages import as_csv
from ..tables.summaries import ablation_summary, inversion_summary

ROWS = 3000
"""Rows of a table that the page holds; its file has all."""


def as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    return table


def stragglers_only(stragglers: pd.DataFrame) -> pd.DataFrame:
    """Points that are stragglers of any run, the most frequent first."""
    return stragglers[stragglers["straggler_rate"] > 0].sort_values("straggler_rate", ascending=False, kind="stable")


SAMPLES = "samples"
"""The list of the samples, which is no file of ``tables/``."""
SHEETS: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    SAMPLES: ("Samples, the most suspicious first", as_it_is),
    "claims": ("Claims and verdicts", as_it_is),
    "inversion": ("Inversions, over the runs of each cell", inversion_summary),
    "consensus": ("Stragglers that runs share", as_it_is),
    "stragglers": ("Points that are stragglers of any run", stragglers_only),
    "ablation": ("Trained again without some points, over runs", ablation_summary),
    "overlap": ("Stragglers that networks and optimisers share", as_it_is),
    "conservation_peak": ("Where misclassified sets are best conserved", as_it_is),
    "linear": ("Linear classifiers", as_it_is),
    "nested": ("Stragglers in larger sets", as_it_is),
    "variance": ("Where the variance comes from", as_it_is),
    "detection": ("Other settings of the detection", as_it_is),
    "planted": ("Planted stragglers", as_it_is),
}
"""Table -> what the page calls it, and what of it is shown."""
SHOWN = frozenset(("dynamics", *SHEETS))
"""The tables that a page reads, of those that a study has."""


def sheets(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The tables at hand in the order of :data:`SHEETS`, those without rows left out."""
    return [
        sheet(name, title, show(tables[name])) for name, (title, show) in SHEETS.items() if len(tables.get(name, ()))
    ]


def sheet(name: str, title: str, table: pd.DataFrame) -> dict[str, Any]:
    """A table as JSON has it; what a spreadsheet would take for a formula is made inert, as in the CSV files."""
    table = table.dropna(axis=1, how="all")
    rows = as_csv(table.iloc[:ROWS].astype(object))
    return {
        "name": name,
        "title": title,
        "columns": [printable(str(column)) for column in table],
        "rows": [[plain(value) for value in row] for row in rows.itertuples(index=False)],
        "n_rows": len(table),
    }


def plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if isinstance(value, str):
        return printable(value)
    if pd.isna(value):
        return None
    # Of NumPy, too.
    if str(value) in ("True", "False"):
        return str(value) == "True"
    return rounded_one(value)
