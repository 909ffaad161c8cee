import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from workflow.stragglers.analysis.lenses import (
    EXPECTED,
    FACTOR,
    TIMES,
    epochs_around,
    lenses,
    lenses_of,
    participation,
    points_of,
    representations,
    subsample,
    total_persistence,
    turn_of,
    turns_table,
)
from workflow.stragglers.geometry.inversion import defining_inversions, inversions
from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.spec.specification import Defining, Detection, Network, Optimizer, Protocol
from workflow.stragglers.support.columns import LENSES, LENSES_TURNS

OCTAVES = np.log2(TIMES)
BUMP = np.exp(-(OCTAVES**2) / 2)
GD = Optimizer(settings={"lr": 0.05})


def test_times_are_of_three_octaves_before_and_after():
    assert len(TIMES) == 25 and TIMES[[0, 12, 24]].tolist() == [1 / 8, 1, 8]
    assert epochs_around(80, 1000)[[0, 12, -1]].tolist() == [10, 80, 640]
    assert epochs_around(80, 200).max() <= 200
    assert (np.diff(epochs_around(4, 1000)) > 0).all()


def test_a_bump_turns_at_its_top_and_what_rises_throughout_does_not():
    assert turn_of(BUMP, "max").place == 12 and turn_of(-BUMP, "min").place == 12
    assert turn_of(BUMP, "min").place is None
    assert turn_of(OCTAVES, "max").place is None and turn_of(np.zeros(25), "max").place is None
    # A ripple of a twentieth of the rise before it.
    assert turn_of(np.where(OCTAVES < 1, OCTAVES, 1 - (OCTAVES - 1) / 10), "max").place is None
    assert turn_of(np.append(BUMP[:-1], np.nan), "max").place is None


def test_noise_hardly_ever_turns_and_bumps_above_it_do():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(1000, 25))
    assert np.mean([turn_of(values, "max").place is not None for values in noise]) < 0.01
    found = [turn_of(8 * BUMP + values, "max").place for values in noise]
    near = [place is not None and abs(place - 12) <= 2 for place in found]
    assert np.mean([place is not None for place in found]) > 0.9
    # So wide a top is within the factor mostly.
    assert np.mean(near) > 0.75


def test_a_subsample_has_its_share_of_every_stratum():
    strata = np.repeat([0, 1, 2], [600, 395, 5])
    chosen = subsample(strata, 100)
    assert np.bincount(strata[chosen]).tolist() == [60, 40, 1] and (np.diff(chosen) > 0).all()
    assert (subsample(strata, 100) == chosen).all() and (subsample(strata, 100, seed=1) != chosen).any()
    assert len(subsample(strata, 2000)) == 1000
    label, stragglers = np.repeat([-1, 1], 500), np.arange(1000) % 100 == 0
    assert stragglers[points_of(label, stragglers)].sum() == 4


def test_persistence_of_a_square_is_three_sides_and_its_hole():
    pytest.importorskip("ripser", reason="ripser is not installed; pip install -r envs/beyond.txt brings it")
    square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]], float)
    assert total_persistence(square) == pytest.approx((3, np.sqrt(2) - 1))


def test_participation_counts_directions():
    assert participation(np.array([[0.0, 0], [1, 1], [2, 2]])) == pytest.approx(1)
    assert participation(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])) == pytest.approx(2)


def test_lenses_of_two_groups(monkeypatch):
    monkeypatch.setattr("workflow.stragglers.analysis.lenses.total_persistence", lambda points: (len(points), 0.0))
    rng = np.random.default_rng(0)
    group = np.repeat([-1, 1], 30)
    points = rng.normal(size=(60, 4)) * 0.1 + group[:, None]
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    wrong = np.zeros(60, bool)
    wrong[:2] = True
    unit[wrong] *= -1
    found = lenses_of(unit, group, wrong, np.arange(10))
    assert {*found} == {*EXPECTED, "silhouette_stragglers"} and found["components"] == 10
    assert found["silhouette"] == pytest.approx(silhouette_score(unit, group))
    assert found["silhouette_stragglers"] < 0 < found["silhouette"]
    assert np.isnan(lenses_of(unit, group, ~group.astype(bool), np.arange(10))["silhouette_stragglers"])


def curves(**lens):
    epochs = epochs_around(100, 1000)
    return pd.DataFrame(
        {"dataset": "d", "network": "reference", "seed": 3, "t_star": 100, "epoch": epochs}
        | {name: np.zeros(25) for name in EXPECTED}
        | lens
    ).reindex(columns=list(LENSES))


def test_turns_are_told_in_units_of_the_inversion_and_of_both_extrema():
    late = np.roll(BUMP, 4)
    table = turns_table(curves(silhouette=BUMP, loops=-late, mle=BUMP))
    assert list(table) == list(LENSES_TURNS) and len(table) == 2 * len(EXPECTED)
    turns = table[table["found"]].set_index("lens")
    assert {*turns.index} == {"silhouette", "loops", "mle"}
    assert turns["expected"].to_dict() == {"silhouette": True, "loops": True, "mle": False}
    assert turns["epoch"].to_dict() == {"silhouette": 100, "loops": 200, "mle": 100}
    assert turns["at_inversion"].to_dict() == {"silhouette": True, "loops": False, "mle": True}
    assert 2**0.5 < FACTOR < 2**0.75


@pytest.fixture
def run(small, trained):
    return trained(small, Network(width=6), GD, (0, 1), epochs=60, test_every=1)


ADDRESS = {name: name for name in ("dataset", "source", "task", "subset", "network", "optimizer")}


def test_representations_are_those_of_the_training(small, run):
    table = dynamics(run, ADDRESS).query("layer == 1").set_index(["run", "epoch"])
    wanted = [[5, 20], [20]]
    seen = list(representations(small, Network(width=6), GD, Protocol(60), [0, 1], wanted, 1))
    assert [(number, epoch) for number, epoch, _ in seen] == [(0, 5), (0, 20), (1, 20)]
    for number, epoch, unit in seen:
        np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1)
        between = np.linalg.norm(np.subtract(*(unit[small.label_train == each].mean(axis=0) for each in (1, -1))))
        assert between == pytest.approx(table.loc[(number, epoch), "D"], abs=1e-6)


def test_runs_that_do_not_invert_are_not_looked_at(small, run, monkeypatch):
    monkeypatch.setattr("workflow.stragglers.analysis.lenses.total_persistence", lambda points: (1.0, 0.0))
    found = defining_inversions(inversions(dynamics(run, ADDRESS), Detection()), Defining()).copy()
    # Whether or not so short a training inverts: the second run is said to, at epoch 20.
    found["found"], found["epoch"] = [False, True], [None, 20]
    of_epochs, turns = lenses(small, Network(width=6), GD, Protocol(60, 1), run, found, ADDRESS)
    assert list(of_epochs) == list(LENSES) and {*of_epochs["seed"]} == {1}
    assert of_epochs["epoch"].tolist() == epochs_around(20, 60).tolist()
    assert of_epochs["train_error"].tolist() == pytest.approx(run.train_error[of_epochs["epoch"], 1].tolist())
    assert len(turns) == 2 * len(EXPECTED) and not turns.query("lens == 'loops'")["found"].any()

    found["found"] = False
    for table in lenses(small, Network(width=6), GD, Protocol(60, 1), run, found, ADDRESS):
        assert table.empty
