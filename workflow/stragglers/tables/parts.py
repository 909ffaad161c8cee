"""Tables that may be longer than memory: put together from files, a part at a time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..support.sealed import reading, writing

GROUP = 2**17
"""Rows of a row group, the least of a table that is read at once."""


def combine(files: Sequence[str], path: Path | str, repeats: Sequence[str] = ()) -> None:
    """Write the rows of ``files``, then those of ``repeats`` with something ``removed``, as one Parquet file.

    The others of ``repeats`` stand in ``files``. In memory are :data:`GROUP` rows and one file. A column has the type
    that holds those of all files, as it would if they were concatenated.
    """
    schema = _common_schema([*files, *repeats])
    whole = (_rows(file, schema) for file in files)
    changed = (_rows(file, schema).filter(pc.field("removed") != "none") for file in repeats)
    with writing(path) as part, pq.ParquetWriter(part, schema) as writer:
        for group in _groups(chain(whole, changed), schema):
            writer.write_table(group, row_group_size=GROUP)


def _common_schema(files: Sequence[str]) -> pa.Schema:
    """Of the concatenated rows, with what pandas notes of its types."""
    schemas = []
    for file in files:
        with reading(file) as whole:
            schemas.append(pq.read_schema(whole))
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    return pa.Schema.from_pandas(schema.empty_table().to_pandas(), preserve_index=False)


def _rows(file: str, schema: pa.Schema) -> pa.Table:
    with reading(file) as whole:
        return pq.read_table(whole).cast(schema)


def _groups(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of ``tables`` in groups of :data:`GROUP`, the last smaller: one without rows, if there are none."""
    kept = schema.empty_table()
    for table in tables:
        kept = pa.concat_tables([kept, table])
        while len(kept) >= GROUP:
            yield kept.slice(0, GROUP)
            kept = kept.slice(GROUP)
    yield kept
