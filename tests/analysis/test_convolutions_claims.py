import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.convolutions_claims import MEASURES
from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.spec.specification import Defining

SEEDS = range(5)
NAMES = ("conv1", "conv2", "dense1")


def rows(network, found, optimizer="gd", observable="D", names=NAMES, **columns):
    """A row a seed and layer; ``found`` a layer's."""
    return pd.DataFrame(
        {
            **{"dataset": "d", "network": network, "optimizer": optimizer, "seed": seed, "observable": observable},
            **{"layer": layer, "layer_name": name, "found": found[layer - 1], "diverged_at": pd.NA},
            **{"train_error": 0.12 if found[layer - 1] else np.nan, "depth": 0.02 if found[layer - 1] else np.nan},
            **columns,
        }
        for seed in SEEDS
        for layer, name in enumerate(names, start=1)
    )


def flips(network):
    moments = {"share": {"train_error": 0.1, "precision": 0.9}, "inversion": {"train_error": 0.115, "precision": 0.7}}
    return pd.DataFrame(
        {"dataset": "d", "network": network, "optimizer": "gd", "seed": seed, "moment": moment, "share": 0.1, **values}
        for seed in SEEDS
        for moment, values in moments.items()
    )


def evidence(batch=(True, True, False)):
    turns = [
        rows("reference", [True], names=("1",)).assign(depth=0.2, train_error=0.1),
        rows("tanh", [True, False, True]),
        rows("tanh", [False, False, True], observable="R"),
        rows("tanh_pooled", [True, False, False]),
        rows("tanh_pixels", [False, False, True]),
        rows("tanh", batch, optimizer="batch"),
        rows("relu", [False, False, True]),
        rows("relu", [False, False, False], observable="R"),
        rows("residual", [False, False, True], names=("stem", "block1", "block2")),
    ]
    least = {"conv1": 0.01, "conv2": 0.2}
    power = pd.DataFrame(
        {"dataset": "d", "network": "relu", "optimizer": "gd", "seed": seed, "layer_name": name}
        | {"observable": "D", "planted_error": level, "least": value if level == 0.1 else np.inf}
        for seed in SEEDS
        for name, value in least.items()
        for level in (0.3, 0.1)
    )
    tables = {
        "convolutions": pd.concat(turns),
        "convolutions_power": power,
        "convolutions_flips": pd.concat(flips(name) for name in ("tanh", "relu", "reference")),
    }
    others = {name: table.assign(dataset="other", train_error=9.0) for name, table in tables.items()}
    return Evidence({name: pd.concat([tables[name], others[name]]) for name in tables}, ["d"], Defining(), {})


@pytest.mark.parametrize(
    ("claim", "value", "n_runs"),
    [
        ("conv_tanh_first", 1, 5),
        ("conv_tanh_second", 0, 5),
        ("conv_tanh_dense", 1, 5),
        ("conv_relu_first", 0, 5),
        ("conv_relu_second", 0, 5),
        ("conv_relu_dense", 1, 5),
        ("conv_residual", 1, 5),
        ("conv_error_of_dense", 1.2, 5),
        ("conv_shallower", 0.1, 5),
        # conv1 as it is with pooled, not by pixel; conv2 with both.
        ("conv_normalisations_agree", 0.75, 5),
        ("conv_batches_agree", 0.5, 5),
        ("conv_radius_too", 0, 5),
        ("conv_power", 0.5, 5),
        ("conv_turn_at_flips", 1, 10),
        ("conv_clean_first", 0.9, 10),
    ],
)
def test_measures(claim, value, n_runs):
    measured = MEASURES[claim].of(evidence())
    assert measured.estimate.value == pytest.approx(value) and measured.n_runs == n_runs


def test_a_turn_far_from_the_flips_share_is_not_at_it():
    given = evidence()
    table = given.tables["convolutions_flips"]
    table.loc[table["moment"] == "inversion", "train_error"] = 0.13
    assert MEASURES["conv_turn_at_flips"].of(given).estimate.value == 0


def test_a_run_without_a_turn_counts_against_one_at_the_flips_share():
    given = evidence()
    table = given.tables["convolutions_flips"]
    table.loc[(table["moment"] == "inversion") & (table["network"] == "relu"), "train_error"] = np.nan
    assert MEASURES["conv_turn_at_flips"].of(given).estimate.value == 0.5


def test_runs_that_diverged_count_neither_way():
    given = evidence()
    table = given.tables["convolutions"]
    table.loc[table["seed"] == 0, "diverged_at"] = 7
    assert MEASURES["conv_tanh_first"].of(given).n_runs == 4


def test_without_runs_there_is_no_value():
    nothing = Evidence({name: table.iloc[:0] for name, table in evidence().tables.items()}, ["d"], Defining(), {})
    assert all(np.isnan(measure.of(nothing).estimate.value) for measure in MEASURES.values())
