import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS, synthetic

from workflow.stragglers.analysis.score_names import LINEAR_ONLY, STRAGGLER, STRAGGLERS_ONLY
from workflow.stragglers.analysis.score_removal import chosen, nearest_linear, score_removal_table, score_removals
from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.spec.specification import Defining, Detection, Network, Optimizer
from workflow.stragglers.support import columns

DATASET = synthetic()
P = len(DATASET.sample_id)


@pytest.fixture
def scores():
    order = np.arange(P, dtype=float)
    return {STRAGGLER: order, "aum": -order, "lda": order % 60, "logistic": np.where(order < 100, order, -1.0)}


def test_the_hardest_and_of_tied_points_always_the_same():
    assert np.flatnonzero(chosen(np.array([3.0, 1, 2, 9, 0]), 2)).tolist() == [0, 3]
    tied = chosen(np.zeros(400), 40)
    assert tied.sum() == 40 and (tied == chosen(np.zeros(400), 40)).all()
    # Not the first of the file.
    assert tied[:200].sum() < 30 and tied[200:].sum() < 30


def test_what_each_run_leaves_out(scores):
    removals = score_removals(scores, 10, [4, 7], 2, DATASET)
    assert [removal.seed for removal in removals] == [4] * 9 + [7] * 9
    of_seed = {(removal.removed, removal.draw): removal.points for removal in removals if removal.seed == 4}
    assert list(of_seed) == [
        *((name, 0) for name in ("none", *scores, STRAGGLERS_ONLY, LINEAR_ONLY)),
        *(("random", draw) for draw in (0, 1)),
    ]
    assert of_seed["none", 0].sum() == 0 and np.flatnonzero(of_seed["aum", 0]).tolist() == list(range(10))
    classes = DATASET.class_train
    for draw in (0, 1):
        drawn = np.bincount(classes[of_seed["random", draw]], minlength=4)
        np.testing.assert_array_equal(drawn, np.bincount(classes[of_seed[STRAGGLER, 0]], minlength=4))
    # Seven of the ten hardest are the logistic margin's, too: the other three stand against as many.
    assert nearest_linear(scores, 10) == "logistic"
    assert np.flatnonzero(of_seed[STRAGGLERS_ONLY, 0]).tolist() == [100, 101, 102]
    assert np.flatnonzero(of_seed[LINEAR_ONLY, 0]).tolist() == [90, 91, 92]


def test_what_would_leave_a_label_without_points_is_left_out(scores, caplog):
    positive = np.flatnonzero(DATASET.label_train == 1)
    scores["aum"] = np.isin(np.arange(P), positive).astype(float)
    with caplog.at_level("INFO"):
        found = {removal.removed for removal in score_removals(scores, len(positive), [0], 0, DATASET)}
    assert "aum" not in found and STRAGGLER in found
    assert "aum of seed 0: leaves a label without points" in caplog.text


def test_the_table_of_retrained_runs(trained, scores):
    removals = score_removals(scores, 10, [0, 1], 1, DATASET)
    runs = pd.DataFrame([removal.row for removal in removals])
    removed = np.stack([removal.points for removal in removals])
    optimizer = Optimizer(settings={"lr": 0.3})
    run = trained(DATASET, Network(width=4), optimizer, runs=runs, removed=removed, noise=[1.0], epochs=60)
    curves = dynamics(run, ADDRESS)
    table = score_removal_table(run, inversions(curves, Detection()), Defining())
    assert list(table) == list(columns.SCORE_REMOVAL) and len(table) == 2 * len(removals)
    for number, removal in enumerate(removals):
        rows = table.iloc[[number, len(removals) + number]]
        assert rows["removed"].tolist() == [removal.removed] * 2 and rows["sigma"].tolist() == [0, 1]
        distance = curves.loc[curves["run"] == number, "D"].to_numpy()
        np.testing.assert_allclose(rows["fall"], 1 - distance[-1] / distance.max(), atol=1e-5)
