"""Reading what a figure or a rule needs of a table."""

import pandas as pd
import pytest

from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.tables.rows import read


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "table.parquet"
    columns = {"run": [0, 1, 2], "sigma": [0.0, 0.0, 0.0], "removed": ["none", "none", "random"], "at": [5, None, 7]}
    write_table(pd.DataFrame(columns).astype({"at": "Int64", "removed": "category"}), file)
    return str(file)


@pytest.mark.parametrize(
    ("where", "runs"),
    [
        ({}, [0, 1, 2]),
        ({"sigma": 0.0}, [0, 1, 2]),
        ({"sigma": -0.0, "removed": "none"}, [0, 1]),
        ({"sigma": 1.0}, []),
        ({"removed": ["random", "other"]}, [2]),
        ({"at": None}, [1]),
        ({"at": 7}, [2]),
        ({"run": lambda run: run > 0}, [1, 2]),
    ],
)
def test_rows_that_hold_each_value_are_read_and_no_others(table, where, runs):
    assert read(table, ["run"], **where)["run"].tolist() == runs
