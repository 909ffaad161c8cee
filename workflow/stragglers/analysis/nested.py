"""Stragglers of training sets inside larger ones."""

from collections.abc import Mapping

import pandas as pd

from ..sets.stragglers import nested_table
from ..support.sealed import read_table
from ..tables.subject import Subject


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    return nested_table(read_table(files["stragglers"]))
