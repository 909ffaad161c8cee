import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS

from workflow.stragglers.analysis.convolutions import LEVELS, convolutions, convolutions_curves, convolutions_power
from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.spec.specification import Detection
from workflow.stragglers.support import columns

DETECTION = Detection()
EPOCHS = np.arange(401)
TURNING = np.interp(EPOCHS, [0, 80, 280, 400], [1, 1.6, 1.1, 1.0])
RISING = 1 + 0.5 * (1 - np.exp(-EPOCHS / 60))


def run(seed, layer, D, R, loss=1.0):
    address = ADDRESS | {"layer": layer, "layer_name": f"conv{layer}"}
    where = address | {"run": seed, "seed": seed, "removed": "none", "draw": 0}
    errors = {"loss": loss, "train_error": 0.5 * np.exp(-EPOCHS / 50), "test_error": 0.2}
    return pd.DataFrame({**where, "epoch": EPOCHS, **errors, "R_minus": R, "R_plus": R, "R": R, "D": D})


@pytest.fixture
def dynamics():
    """conv1: D turns, and R has a maximum instead of a minimum; conv2: neither; of the second run loss is lost."""
    lost = run(1, 1, TURNING, TURNING / 2, loss=np.where(EPOCHS > 300, np.nan, 1.0))
    return pd.concat([run(0, 1, TURNING, TURNING / 2), run(0, 2, RISING, 2 - RISING), lost], ignore_index=True)


@pytest.fixture
def turns(dynamics):
    return convolutions(dynamics, inversions(dynamics, DETECTION), DETECTION)


def test_turns_have_their_depth_and_the_opposite_is_told(turns):
    assert tuple(turns) == columns.CONVOLUTIONS
    found = turns.set_index(["seed", "layer", "observable"])
    first = found.loc[0, 1, "D"]
    assert first["found"] and abs(first["epoch"] - 80) <= 2 and first["train_error"] == pytest.approx(0.1, rel=0.05)
    assert first["depth"] == pytest.approx((1.6 - 1.1) / 1.6, rel=0.05), "where the detector looks, not to the end"
    radius = found.loc[0, 1, "R"]
    assert not radius["found"] and radius["opposite"] and np.isnan(radius["depth"])
    assert not found.loc[0, 2, "D"][["found", "opposite"]].any()
    assert found.loc[1, 1, "D"]["diverged_at"] == 301 and not found.loc[1, 1, "D"]["found"]


def test_turns_are_planted_where_there_is_none(dynamics, turns):
    table = convolutions_power(dynamics, turns, DETECTION)
    assert tuple(table) == columns.CONVOLUTIONS_POWER
    # conv1's D turns, the run that diverged counts neither way.
    assert set(map(tuple, table[["seed", "layer", "observable"]].to_numpy())) == {(0, 1, "R"), (0, 2, "D"), (0, 2, "R")}
    second = table[(table["layer"] == 2) & (table["observable"] == "D")].set_index("planted_error")
    assert [*second.index] == [*LEVELS] and (second["rise"] > 0).all()
    assert second.loc[0.1, "epoch"] == np.ceil(50 * np.log(5)) and (second["least"] <= 0.01).all()
    # R that rises to a maximum instead has nothing that could turn.
    wrong_way = table[(table["layer"] == 1) & (table["planted_error"] == 0.1)].iloc[0]
    assert wrong_way["rise"] < 0.01 and np.isinf(wrong_way["least"])


def test_a_table_without_places_keeps_its_columns(dynamics, turns):
    untrained = dynamics.assign(train_error=0.5)
    table = convolutions_power(untrained, turns, DETECTION)
    assert tuple(table) == columns.CONVOLUTIONS_POWER and table.empty and table["least"].dtype == float


def test_curves_are_changes_over_the_largest_of_each_run():
    dynamics = pd.concat([run(seed, 1, TURNING * (1 + seed), -TURNING) for seed in range(5)])
    curves = convolutions_curves(dynamics)
    assert tuple(curves) == columns.CONVOLUTIONS_CURVES
    for name, sign in {"D": 1, "R": -1}.items():
        values = curves[curves["observable"] == name]
        np.testing.assert_allclose(values["value"], sign * (TURNING[values["epoch"]] - 1) / 0.6, atol=1e-6)
        first = values[values["seed"] == 0]
        assert len(values) == 5 * len(first) and first["epoch"].iloc[0] == 0 and first["epoch"].iloc[-1] == 400
