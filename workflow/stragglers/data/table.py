"""A table with one row a sample: CSV or Parquet, a column of classes and columns of numbers."""

import hashlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ..spec.own import LABEL, OwnDataset
from ..support.errors import InputError
from ..support.text import one_line
from .samples import Samples, place_of, refuse_changed
from .sources import content_of

log = logging.getLogger(__name__)

SEPARATORS = {".csv": ",", ".tsv": "\t"}
SHOWN = 30
"""Columns that a message lists."""


def content(specification: OwnDataset, data_dir: Path) -> str:
    """SHA-256 of the file."""
    return content_of(place_of(specification, data_dir))


def read(specification: OwnDataset, data_dir: Path) -> Samples:
    """Rows in their order; every column but the label's is a feature.

    Raises :class:`InputError`, which names the column, for a feature that is no number everywhere, a label that is
    missing somewhere, and a label's column that is not there.
    """
    path, label = place_of(specification, data_dir), specification.label or LABEL
    data = path.read_bytes()
    refuse_changed(path, specification, hashlib.sha256(data).hexdigest())
    table = parsed(path, data, label)
    features = table.drop(columns=label)
    if not len(table):
        raise InputError(f"{path} holds no samples; there must be a row for each below the names of the columns")
    if not len(features.columns):
        raise InputError(f"{path} has no column beside {label!r}; add features, columns of numbers")
    for name in features:
        _refuse_feature(path, features[name])
        if features[name].nunique() == 1:
            log.info("%s: column %r is the same in all rows and left out", path, name)
    return Samples(
        x=features.to_numpy(np.float64),
        names=label_texts(f"{path}: column {label!r}", table[label]),
        origin=np.arange(len(table)).astype(str),
        features=features.columns.to_numpy(str),
    )


def parsed(path: Path, data: bytes, label: str) -> pd.DataFrame:
    """The table in ``data``, the bytes of ``path``; labels of CSV stay as they are typed."""
    separator = SEPARATORS.get(path.suffix.lower())
    try:
        with warnings.catch_warnings():
            # Rows longer than the header would be cut off, or become an index.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            if separator is None:
                table = pd.read_parquet(io.BytesIO(data))
            else:
                options = {"sep": separator, "encoding": "utf-8-sig", "index_col": False}
                table = pd.read_csv(io.BytesIO(data), low_memory=False, **options)
                if label in table:
                    # Once more as text: NA, 007 and 1.0 may be what a class is called.
                    typed = pd.read_csv(io.BytesIO(data), usecols=[label], dtype=str, keep_default_na=False, **options)
                    table[label] = typed[label].str.strip()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not in UTF-8; save it as UTF-8") from None
    except Exception as error:  # pandas, pyarrow and the parser each have their own
        raise InputError(
            f"{path} cannot be read as {'CSV' if separator else 'Parquet'} ({one_line(str(error))}); mend it"
        ) from None
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    if label not in table:
        shown = ", ".join(table.columns[:SHOWN]) + (", …" if len(table.columns) > SHOWN else "")
        raise InputError(
            f"{path} has no column {label!r} for the classes; name one of them as `label` (make, LABEL): {shown}"
        )
    if not table.columns.is_unique:
        raise InputError(f"{path}: column {table.columns[table.columns.duplicated()][0]!r} stands twice; rename one")
    return table


def label_texts(where: str, column: pd.Series) -> np.ndarray:
    """Classes as texts (n,); whole numbers without a point."""
    missing = column.isna() | (column.astype(str) == "")
    if missing.any():
        raise InputError(f"{where} has no class in {_rows(missing)}; fill it in, or leave the rows out")
    if pd.api.types.is_float_dtype(column):
        if not (column == column.round()).all():
            raise InputError(f"{where} holds numbers that are not whole; it must hold classes")
        column = column.astype(int)
    return column.astype(str).to_numpy(dtype=str)


def _refuse_feature(path: Path, column: pd.Series) -> None:
    where = f"{path}: column {column.name!r}"
    if column.name.startswith("Unnamed: "):
        raise InputError(f"{where} has no name in the file, as an index that pandas wrote; name it, or leave it out")
    kind = pd.api.types
    if not (kind.is_numeric_dtype(column) or kind.is_bool_dtype(column)) or kind.is_complex_dtype(column):
        texts = pd.to_numeric(column.astype(str), errors="coerce").isna() & column.notna()
        example = (
            f", as {one_line(str(column[texts].iloc[0]))[:40]!r} in row {texts.to_numpy().argmax()}"
            if texts.any()
            else ""
        )
        raise InputError(f"{where} does not hold numbers{example}; leave it out, or make numbers of it")
    if column.isna().any():
        raise InputError(f"{where} has no value in {_rows(column.isna())}; fill them in, or leave it or them out")
    with np.errstate(over="ignore"):
        finite = np.isfinite(column.to_numpy(np.float64).astype(np.float32))
    if not finite.all():
        raise InputError(f"{where} is infinite, or larger than single precision has, in {_rows(~finite)}")


def _rows(which: np.ndarray | pd.Series) -> str:
    rows = np.flatnonzero(which)
    return f"row {rows[0]}" if len(rows) == 1 else f"{len(rows)} rows, the first {rows[0]} (counted from 0)"
