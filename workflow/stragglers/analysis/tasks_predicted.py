"""What models say of each task that has no class in common with those they were fitted to, and where they fail."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..support.columns import TASKS_PREDICTED
from ..support.sealed import read_table
from ..tables.subject import Subject
from .tasks_models import MODELS, RESPONSES, design, folds, held_out, predict, response, usable


def tasks_predicted(tasks: pd.DataFrame) -> pd.DataFrame:
    """The ``tasks_predicted`` table of a ``tasks`` table.

    ``ratio``: observed over predicted. Those that it fails for come first, model by model.
    """
    whole = usable(tasks)
    parts = folds(held_out(whole, "classes"))
    tables = []
    for name in RESPONSES:
        y = response(whole, name)
        for model, terms in MODELS.items():
            guess = predict(design(whole, terms), y, parts)
            table = whole[["dataset", "name", "data", "kind"]].assign(
                response=name, model=model, observed=np.exp(y), predicted=np.exp(guess), ratio=np.exp(y - guess)
            )
            tables.append(table.iloc[np.argsort(-np.nan_to_num(np.abs(y - guess), nan=-1), kind="stable")])
    return pd.concat(tables, ignore_index=True)[[*TASKS_PREDICTED]]


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    return tasks_predicted(read_table(files["tasks"]))
