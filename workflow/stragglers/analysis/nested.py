"""Stragglers of training sets inside larger ones."""

from collections.abc import Mapping

import pandas as pd

from ..sets.stragglers import nested_table
from ..tables.rows import read
from ..tables.subject import Subject


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    cell = ["dataset", "source", "task", "network", "layer", "optimizer"]
    return nested_table(read(files["stragglers"], [*cell, "sample_id", "consensus"]))
