"""What several figures, and the claims, ask of the tables."""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining
from ..support.intervals import Estimate, jackknife
from ..support.sealed import reading

EPOCHS_DRAWN = 300
"""Epochs of a curve, evenly spaced in their logarithm: more than a figure's width can show."""

COMPLETE = {"removed": "none", "diverged_at": None, "class_a": None}
"""Rows of ``inversion`` that figures and claims count: of whole training sets, of all groups, no run that diverged."""


def read(file: str, columns: list[str] | None, **where: Any) -> pd.DataFrame:
    """``columns`` (None: all) of the rows of a table that hold each value of ``where``, one of a list of them, or
    (None) none; a function says of a column which values to keep.

    The rest is not read, which matters where a table has millions of rows.
    """
    with reading(file) as whole:
        schema = pq.read_schema(whole)
        if any(pa.types.is_null(schema.field(name).type) for name, value in where.items() if value is not None):
            # A table without rows, of strings of no type, which cannot be compared.
            return pd.read_parquet(whole, columns=columns).iloc[:0]
        conditions = [holds(pc.field(name), value) for name, value in where.items()]
        return pd.read_parquet(whole, columns=columns, filters=reduce(and_, conditions) if conditions else None)


def holds(column: pc.Expression, value: Any) -> pc.Expression:
    if value is None:
        return column.is_null()
    if callable(value):
        return value(column)
    # Not isin of one: of a column that is 0 all along, Parquet notes -0 to 0, and isin takes these for two.
    return column.isin(value) if isinstance(value, list) else column == value


def rows_of(table: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of a table at hand that hold each of these values of columns."""
    return table[reduce(and_, (table[name] == value for name, value in values.items()))]


def defining_by_network(inversion: pd.DataFrame, defining: Defining) -> pd.DataFrame:
    """Rows of the ``inversion`` table at the defining layer, which a shallow network may lack.

    All observables stay: only the layer is chosen, network by network.
    """
    parts = [
        rows[rows["layer"].isin(defining_inversions(rows, defining)["layer"])]
        for _, rows in inversion.groupby("network", sort=False)
    ]
    return pd.concat(parts) if parts else inversion


def inverted(inversion: pd.DataFrame, observable: str) -> pd.DataFrame:
    """The runs that inverted in ``observable``; ``epoch`` is t*, ``train_error`` ε*."""
    return inversion[(inversion["observable"] == observable) & inversion["found"].astype(bool)]


def mean_interval(values: np.ndarray) -> Estimate:
    """Mean over runs with its 95 % interval; what is not finite (a run that diverged) is left out."""
    values = np.asarray(values, float)
    return jackknife([values[np.isfinite(values)]], np.mean)
