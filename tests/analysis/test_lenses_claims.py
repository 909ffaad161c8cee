import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.analysis.lenses import EXPECTED
from workflow.stragglers.analysis.lenses_claims import MEASURES
from workflow.stragglers.spec.specification import Defining

ABOUT = {"dataset": "d", "network": "reference", "optimizer": "gd"}


def evidence(turned, elsewhere=0, other=0):
    """Ten runs: of so many every lens turns at the inversion, then elsewhere, then the other way."""
    places = np.arange(10)
    rows = [
        ABOUT
        | {"lens": lens, "seed": seed, "turn": turn, "expected": turn == expected, "ratio": 3.0}
        | (
            {"found": seed < turned + elsewhere, "at_inversion": seed < turned}
            if turn == expected
            else {"found": True, "at_inversion": seed >= 10 - other}
        )
        for lens, expected in EXPECTED.items()
        for seed in places
        for turn in ("max", "min")
    ]
    silhouettes = pd.DataFrame(
        {**ABOUT, "epoch": 100, "t_star": [100] * 10 + [50] * 10, "silhouette_stragglers": [-0.2] * 10 + [5] * 10}
    )
    turns = pd.DataFrame(rows)
    tables = {"lenses_turns": turns, "lenses": silhouettes}
    doubled = {name: pd.concat([table, table.assign(dataset="e")]) for name, table in tables.items()}
    return Evidence(doubled, ["d"], Defining(), {})


@pytest.mark.parametrize("lens", EXPECTED)
def test_a_lens_is_measured_by_its_share_of_runs(lens):
    measured = MEASURES[f"lens_{lens}"].of(evidence(8, 1, 1))
    assert measured.estimate.value == 0.8 and measured.n_runs == 10
    way = {"max": "minimum", "min": "maximum"}[EXPECTED[lens]]
    assert measured.note == f"1 turn elsewhere, at 3 t* in the median; 1 have their {way} there instead"
    assert MEASURES[f"lens_{lens}"].of(evidence(10)).note == ""


def test_stragglers_are_measured_at_the_inversion():
    measured = MEASURES["stragglers_on_the_other_side"].of(evidence(10))
    assert measured.estimate.value == pytest.approx(-0.2) and measured.n_runs == 10
