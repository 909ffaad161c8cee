import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.classes import classes_table
from workflow.stragglers.support.columns import ADDRESS, CLASSES

LINEAR = pd.DataFrame({"dataset": ["d", "d"], "classifier": ["lda", "logistic"], "train_error": [0.1, 0.001]})
GROUPS = ["0", "1", "2"]
ABOUT = [("D", None, None), ("R", None, None), *(("R", group, None) for group in GROUPS)]
ABOUT += [("D", "0", "1"), ("D", "0", "2"), ("D", "1", "2")]


def inversion(found, about=ABOUT, network="reference", layer=1):
    """Rows of the table: ``found`` (runs, observables); ε* is 0.05 and 0.01 more for each seed, t* 100."""
    rows = [
        {name: "x" for name in ADDRESS}
        | {"dataset": "d", "network": network, "optimizer": "gd", "layer": layer, "layer_name": str(layer)}
        | {"seed": seed, "observable": observable, "class_a": a, "class_b": b, "found": turns, "epoch": 100}
        | {"train_error": 0.05 + 0.01 * seed, "removed": "none", "diverged_at": None}
        for seed, of_run in enumerate(found)
        for (observable, a, b), turns in zip(about, of_run, strict=True)
    ]
    return pd.DataFrame(rows).astype({"class_a": "string", "class_b": "string"})


def test_classes_and_pairs_are_counted_run_by_run():
    #        D, R, three radii, three distances
    found = [[1, 1, 1, 1, 1, 1, 1, 0], [1, 0, 1, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1, 1, 1]]
    ((_, row),) = classes_table(inversion(np.array(found, bool)), LINEAR, "D").iterrows()
    assert list(row.index) == list(CLASSES)
    assert row[["n_groups", "n_runs", "n_inverted", "n_all_radii", "n_all_distances"]].tolist() == [3, 4, 3, 2, 2]
    assert row["radii"] == pytest.approx((1 + 1 + 1 / 3 + 0) / 4)
    assert row["distances"] == pytest.approx((2 / 3 + 0 + 1 + 1) / 4)
    assert row["eps_star"] == pytest.approx((0.05 + 0.06 + 0.08) / 3) and row["t_star"] == 100
    assert row["ratio"] == pytest.approx(row["eps_star"] / 0.1) and np.isnan(row["ratio_low"])


def test_the_ratio_has_the_interval_of_the_error():
    ((_, row),) = classes_table(inversion(np.ones((6, 8), bool)), LINEAR, "D").iterrows()
    assert row[["ratio_low", "ratio_high"]].to_numpy(float) == pytest.approx(
        row[["ci_low", "ci_high"]].to_numpy(float) * 10
    )
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]


def test_two_groups_have_two_radii_and_one_distance():
    about = [("R_minus", None, None), ("R_plus", None, None), ("D", None, None)]
    found = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0]], bool)
    ((_, row),) = classes_table(inversion(found, about), LINEAR, "D").iterrows()
    assert row[["n_groups", "n_runs", "n_all_radii", "n_all_distances"]].tolist() == [2, 3, 1, 2]
    assert row["radii"] == pytest.approx(2 / 3)


def test_a_cell_in_which_nothing_turns_has_no_error():
    ((_, row),) = classes_table(inversion(np.zeros((5, 8), bool)), LINEAR, "D").iterrows()
    assert row["n_inverted"] == 0 and row["radii"] == 0 and np.isnan(row[["eps_star", "ratio"]].astype(float)).all()
