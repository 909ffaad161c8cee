"""Does it hold for many classes? Which manifolds turn in how many runs, and where beside a linear discriminant.

A cell of two groups has the same columns: its radii are two, and its only pair is D.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..geometry.manifolds import R_MINUS, R_PLUS, D
from ..support.columns import ADDRESS, CLASSES
from ..support.intervals import MISSING
from ..support.sealed import read_table
from ..tables.rows import inverted, mean_interval, read
from ..tables.subject import Subject


def turning(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each run, by seed: the share of some observables that turn, and whether ``all`` do."""
    found = rows.assign(found=rows["found"].astype(bool)).groupby("seed")["found"]
    return pd.DataFrame({"share": found.mean(), "all": found.all()})


def classes_row(rows: pd.DataFrame, observable: str, lda_error: float) -> dict[str, Any]:
    """One cell's row of the ``classes`` table, address aside; ``rows`` of ``inversion``, at one layer, of its runs.

    ``radii`` and ``distances``: mean over runs of the share of the classes, and of the pairs, that turn; ``n_all_…``:
    runs in which all do. ``eps_star``, ``t_star``: means over the runs that invert in ``observable``, and ``ratio``
    that ε* over ``lda_error``, which is one exact number.
    """
    of_all = rows[rows["class_a"].isna()]
    means = of_all[of_all["observable"] == observable]
    of_one = rows[rows["class_a"].notna() & rows["class_b"].isna()]
    of_two = rows[rows["class_b"].notna()]
    if of_one.empty:
        of_one = of_all[of_all["observable"].isin([R_MINUS.name, R_PLUS.name])]
        of_two = of_all[of_all["observable"] == D.name]
    radii, distances = turning(of_one), turning(of_two)
    turned = inverted(means, observable)
    eps_star = mean_interval(turned["train_error"].to_numpy(float))
    ratio = np.array(eps_star) / lda_error if lda_error > 0 else MISSING
    return {
        "n_groups": of_one[["observable", "class_a"]].drop_duplicates().shape[0],
        "n_runs": len(means),
        "n_inverted": len(turned),
        "t_star": turned["epoch"].astype(float).mean(),
        "n_all_radii": int(radii["all"].sum()),
        "n_all_distances": int(distances["all"].sum()),
        **dict(zip(("radii", "radii_low", "radii_high"), mean_interval(radii["share"]), strict=True)),
        **dict(zip(("distances", "distances_low", "distances_high"), mean_interval(distances["share"]), strict=True)),
        **dict(zip(("eps_star", "ci_low", "ci_high"), eps_star, strict=True)),
        "lda_error": lda_error,
        **dict(zip(("ratio", "ratio_low", "ratio_high"), ratio, strict=True)),
    }


def classes_table(inversion: pd.DataFrame, linear: pd.DataFrame, observable: str) -> pd.DataFrame:
    """The ``classes`` table: one row a cell and hidden layer, of whole training sets and runs that did not diverge."""
    errors = linear[linear["classifier"] == "lda"].set_index("dataset")["train_error"]
    about = [*ADDRESS, "layer_name"]
    rows = [
        dict(zip(about, key, strict=True)) | classes_row(of_layer, observable, errors.get(key[0], np.nan))
        for key, of_layer in inversion.groupby(about, sort=False, observed=True)
    ]
    return pd.DataFrame(rows, columns=list(CLASSES))


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    columns = [*ADDRESS, "layer_name", "seed", "observable", "class_a", "class_b", "found", "epoch", "train_error"]
    inversion = read(files["inversion"], columns, removed="none", diverged_at=None)
    return classes_table(inversion, read_table(files["linear"]), subject.defining.observable)
