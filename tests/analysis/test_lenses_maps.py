import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis import lenses_maps
from workflow.stragglers.analysis.lenses_maps import MAPS, STATES, maps, pca
from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.support.columns import LENSES_MAPS

EPOCHS = 30
GD = Optimizer(settings={"lr": 0.05})
ADDRESS = {name: name for name in ("dataset", "source", "task", "subset", "network", "optimizer")}
PACKAGES = {"tsne": "openTSNE", "umap": "umap"}


def mapped(dataset, run, found):
    inversions = pd.DataFrame({"run": [0, 1], "layer": 1, "found": found, "epoch": [8, 12]})
    return maps(dataset, Network(width=6), GD, Protocol(EPOCHS), run, inversions, ADDRESS)


@pytest.fixture
def run(small, trained, monkeypatch):
    monkeypatch.setattr(lenses_maps, "MAPS", {"pca": pca})
    return trained(small, Network(width=6), GD, (4, 5), epochs=EPOCHS)


def test_maps_are_of_the_first_run_that_inverts_in_three_states(small, run):
    table = mapped(small, run, [False, True])
    assert list(table) == list(LENSES_MAPS) and {*table["seed"]} == {5}
    assert table.groupby("state")["epoch"].unique().map(list).to_dict() == dict(
        zip(STATES, ([0], [12], [EPOCHS]), strict=True)
    )
    for _, state in table.groupby("state"):
        assert (state["sample_id"] == small.sample_id).all() and (state["label"] == small.label_train).all()
        assert (state["straggler"] == run.sets(12, 1)).all() and state["straggler"].any()
        # The first axis is that of the largest spread.
        assert state["x"].var() > state["y"].var() > 0
    assert {*mapped(small, run, [True, True])["seed"]} == {4}


def test_without_an_inversion_there_is_no_map(small, run):
    assert mapped(small, run, [False, False]).empty


@pytest.mark.parametrize("kind", PACKAGES)
def test_maps_keep_two_clouds_apart_and_are_the_same_each_time(kind):
    pytest.importorskip(PACKAGES[kind], reason=f"{kind} is not installed; pip install -r envs/beyond.txt brings it")
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(30, 5)), 20 + rng.normal(size=(30, 5))])
    places = MAPS[kind](points)
    assert places.shape == (60, 2) and (places == MAPS[kind](points)).all()
    first, second = places[:30], places[30:]
    between = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert between > max(np.linalg.norm(each - each.mean(axis=0), axis=1).max() for each in (first, second))
