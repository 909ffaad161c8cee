import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from project import REPOSITORY

from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.sealed import read_table, write_table
from workflow.stragglers.tables import parts
from workflow.stragglers.tables.parts import combine
from workflow.stragglers.tables.rows import read


def part(folder, number, rows=7, **columns):
    table = pd.DataFrame(
        {
            "dataset": f"d{number}",
            "removed": np.where(np.arange(rows) % 2, "none", "stragglers"),
            "value": np.arange(rows, dtype=np.float32) / 3 + number,
            "found": np.arange(rows) % 3 == 0,
            "epoch": pd.array([None, *range(rows - 1)], dtype="Int32"),
            "class_a": pd.array([None] * rows, dtype="string"),
        }
    ).assign(**columns)
    write_table(table, file := folder / f"{number}.parquet")
    return str(file), table


def concatenated(tables, file):
    """The same in memory."""
    write_table(pd.concat(tables, ignore_index=True), file)
    return file


def test_parts_are_put_together_as_pandas_would(tmp_path):
    files, tables = zip(*(part(tmp_path, number) for number in range(5)), strict=True)
    combine(files[:3], made := tmp_path / "made.parquet", repeats=files[3:])
    expected = concatenated(
        [*tables[:3], *(table.query("removed != 'none'") for table in tables[3:])], tmp_path / "expected.parquet"
    )
    assert made.read_bytes() == expected.read_bytes()


def test_a_column_has_a_type_that_holds_all(tmp_path):
    short, narrow = part(tmp_path, 0, note=None, label=np.int8(1))
    longer, wide = part(tmp_path, 1, value=np.arange(7) / 3, note="text", label=np.int16(300))
    for order in ([short, longer], [longer, short]):
        combine(order, made := tmp_path / "made.parquet")
        tables = [narrow, wide] if order[0] == short else [wide, narrow]
        expected = read_table(concatenated(tables, tmp_path / "expected.parquet"))
        pd.testing.assert_frame_equal(read_table(made), expected)


def test_groups_of_rows_are_full_but_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "GROUP", 10)
    files, tables = zip(*(part(tmp_path, number) for number in range(5)), strict=True)
    combine(files, made := tmp_path / "made.parquet")
    metadata = pq.read_metadata(made)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [10, 10, 10, 5]
    pd.testing.assert_frame_equal(read_table(made), pd.concat(tables, ignore_index=True))


def test_a_table_without_rows_has_its_columns(tmp_path):
    file, table = part(tmp_path, 0, rows=1, removed="none")
    combine([], made := tmp_path / "made.parquet", repeats=[file])
    assert read_table(made).columns.tolist() == table.columns.tolist() and len(read_table(made)) == 0


def test_a_damaged_part_is_named(tmp_path):
    file, _ = part(tmp_path, 0)
    content = bytearray(Path(file).read_bytes())
    content[40] ^= 1
    Path(file).write_bytes(content)
    with pytest.raises(InputError, match="0.parquet is damaged"):
        combine([file], tmp_path / "made.parquet")
    assert not (tmp_path / "made.parquet").exists()


def test_a_column_can_be_asked_for_more_than_equality(tmp_path):
    file, table = part(tmp_path, 0)
    pd.testing.assert_frame_equal(
        read(file, None, value=lambda value: value > 1), table[table["value"] > 1].reset_index(drop=True)
    )


def test_memory_does_not_grow_with_the_number_of_parts(tmp_path):
    """The peak of a process of its own, for few and for many parts of one size."""
    file, _ = part(tmp_path, 0, rows=20_000)
    program = (
        "import resource, sys; from workflow.stragglers.tables.parts import combine;"
        f"combine([{file!r}] * int(sys.argv[1]), sys.argv[2]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    def peak(number):
        arguments = [sys.executable, "-c", program, str(number), str(tmp_path / "made.parquet")]
        return int(subprocess.check_output(arguments, cwd=REPOSITORY, text=True)) * 1024

    few, many = peak(20), peak(200)
    in_memory = 180 * read_table(file).memory_usage(deep=True).sum()
    assert many - few < 0.2 * in_memory, (few, many, in_memory)
