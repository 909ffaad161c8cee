import json

import numpy as np
import pandas as pd
from hostile import CELLS

from workflow.stragglers.page.sheets import ROWS, sheet, sheets


def test_cells_are_what_json_has():
    table = pd.DataFrame(
        {"a": ["x", None], "b": [0.123456, np.nan], "c": [True, False], "d": [None, None], "e": [1, 2]}
    )
    made = sheet("t", "T", table)
    assert made["columns"] == ["a", "b", "c", "e"]
    assert made["rows"] == [["x", 0.1235, True, 1], [None, None, False, 2]]
    json.dumps(made, allow_nan=False)


def test_a_spreadsheet_evaluates_nothing_of_it():
    made = sheet("t", "T", pd.DataFrame({"a": CELLS}))
    assert not [text for (text,) in made["rows"] if text.lstrip().startswith(("=", "+", "-", "@", "＝"))]


def test_a_long_table_is_cut_and_says_so():
    made = sheet("t", "T", pd.DataFrame({"a": range(ROWS + 5)}))
    assert len(made["rows"]) == ROWS and made["n_rows"] == ROWS + 5


def test_tables_without_rows_or_that_a_study_lacks_are_left_out():
    tables = {"variance": pd.DataFrame({"a": [1]}), "nested": pd.DataFrame({"a": []})}
    assert [one["name"] for one in sheets(tables)] == ["variance"]
