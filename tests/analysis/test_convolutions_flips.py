import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS

from workflow.stragglers.analysis.convolutions_flips import convolutions_flips
from workflow.stragglers.spec.specification import Detection
from workflow.stragglers.support import columns

P, EPOCHS = 40, 40
FLIPS = np.arange(P) < 4


class Fits:
    """Two runs that fit clean points one an epoch: the first keeps all flips for last, the second learns them first."""

    def __init__(self):
        order = np.arange(P)
        wrong = [order < P - np.arange(EPOCHS + 1)[:, None], order >= np.arange(EPOCHS + 1)[:, None]]
        self.all = np.stack(wrong, axis=1)
        self.train_error = self.all.mean(-1)
        self.runs = pd.DataFrame({"seed": [5, 6]})

    def sets(self, epoch, run):
        return self.all[epoch, run]


def test_flips_are_counted_where_the_error_is_their_share_and_at_the_turn():
    turns = pd.DataFrame({"run": [0, 1], "layer": 1, "found": [True, False], "epoch": pd.array([10, None], "Int32")})
    fits = Fits()
    # Long enough a training that a place as late as the share's counts.
    fits.train_error = np.concatenate([fits.train_error, np.zeros((EPOCHS, 2))])
    fits.all = np.concatenate([fits.all, np.zeros((EPOCHS, 2, P), bool)])
    table = convolutions_flips(fits, FLIPS, turns, Detection(), ADDRESS)
    assert tuple(table) == columns.CONVOLUTIONS_FLIPS
    rows = table.set_index(["seed", "moment"])
    last, first = rows.loc[5, "share"], rows.loc[6, "share"]
    assert last["epoch"] == first["epoch"] == 36 and last["train_error"] == first["train_error"] == 0.1 == last["share"]
    assert last[["precision", "flips_error", "clean_error"]].tolist() == [1, 1, 0]
    assert first[["precision", "flips_error"]].tolist() == [0, 0] and first["clean_error"] == pytest.approx(4 / 36)
    turn = rows.loc[5, "inversion"]
    assert turn["epoch"] == 10 and turn["precision"] == pytest.approx(4 / 30) and turn["flips_error"] == 1
    assert rows.loc[6, "end"]["epoch"] == 2 * EPOCHS and rows.loc[6, "end"]["flips_error"] == 0
    assert pd.isna(rows.loc[6, "inversion"]["epoch"]) and np.isnan(rows.loc[6, "inversion"]["precision"])
