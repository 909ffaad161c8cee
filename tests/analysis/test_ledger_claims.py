import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.analysis.ledger_claims import MEASURES
from workflow.stragglers.spec.specification import Defining

SCALES = np.repeat([0.1, 1.0], 5)


def evidence(vanishing=None, **columns):
    """Ten runs of one dataset, as many that learn without their stragglers, and those of another dataset."""
    runs = {
        "dataset": "d",
        "network": "reference",
        "optimizer": "gd",
        "removed": "none",
        "epoch": pd.array([100] * 8 + [None] * 2, dtype="Int32"),
        "crossing": pd.array([101] * 7 + [110] * 3, dtype="Int32"),
        "correlation": 0.9995,
        "balance": -1.0,
        "pull": 0.8,
        "overlap": 0.6,
        "against": 0.9,
    }
    table = pd.DataFrame(runs | columns)
    without = table.assign(removed="stragglers", crossing=pd.array([None] * 9 + [50], dtype="Int32"))
    linear = pd.DataFrame(
        {"dataset": "d", "network": "linear", "scale": SCALES, "found": SCALES == 1}
        | {"depth": SCALES + np.arange(10) / 100, "deviation": SCALES / 10}
        | (vanishing or {})
    )
    tables = {"ledger_runs": pd.concat([table, without]), "vanishing": linear}
    other = {
        name: table.assign(dataset="other", **({"pull": 0.0} if name == "ledger_runs" else {}))
        for name, table in tables.items()
    }
    tables = {name: pd.concat([table, other[name]]) for name, table in tables.items()}
    return Evidence(tables, ["d"], Defining(), {})


@pytest.mark.parametrize(
    ("claim", "value", "n_runs"),
    [
        ("first_order", 0.9995, 10),
        ("crossing_at_inversion", 7 / 8, 8),
        ("stragglers_against_others", 1, 8),
        ("stragglers_pull_most", 0.8, 8),
        ("pullers_are_stragglers", 0.6, 8),
        ("pull_from_the_start", 0.9, 8),
        ("no_crossing_without", 0.1, 10),
        ("default_scale_inverts", 1, 5),
        ("vanishing_scale_does_not", 0, 5),
        ("vanishing_follows_theory", 0.01, 5),
    ],
)
def test_measures(claim, value, n_runs):
    measured = MEASURES[claim].of(evidence())
    assert measured.estimate.value == pytest.approx(value) and measured.n_runs == n_runs


def test_a_depth_that_rises_with_the_scale_is_in_order():
    assert MEASURES["depth_grows_with_scale"].of(evidence()).estimate.value > 0.8
    fallen = MEASURES["depth_grows_with_scale"].of(evidence({"depth": -SCALES}))
    assert fallen.estimate.value == pytest.approx(-1)


def test_a_run_that_has_no_turn_as_the_sum_of_its_parts_counts_against_it():
    given = evidence(crossing=pd.array([None] * 10, dtype="Int32"))
    assert MEASURES["crossing_at_inversion"].of(given).estimate.value == 0


def test_without_runs_there_is_no_value():
    nothing = Evidence({name: table.iloc[:0] for name, table in evidence().tables.items()}, ["d"], Defining(), {})
    assert all(np.isnan(measure.of(nothing).estimate.value) for measure in MEASURES.values())
