import numpy as np
import pandas as pd
import pytest
from test_classes import ABOUT, LINEAR, inversion

from workflow.stragglers.analysis.classes import classes_table
from workflow.stragglers.analysis.classes_claims import MEASURES
from workflow.stragglers.analysis.classes_points import points_table
from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.spec.specification import Defining


def measured(claim, **tables):
    return MEASURES[claim].of(Evidence(tables, ["d"], Defining(), {}))


def radii(n_runs, n_all):
    """All three classes turn in so many runs, two in the others; the mean and all pairs do in each."""
    found = np.ones((n_runs, len(ABOUT)), bool)
    found[n_all:, 2] = False
    return found


def test_classes_are_measured_on_the_reference():
    rows = pd.concat([inversion(radii(10, 8)), inversion(radii(5, 0), network="width_50")])
    table = classes_table(rows, LINEAR, "D")
    assert measured("all_classes_invert", classes=table).estimate.value == 0.8
    most = measured("most_classes_invert", classes=table)
    assert most.estimate.value == pytest.approx((8 + 2 * 2 / 3) / 10) and most.note == "all of them in 8 of 10"
    assert measured("most_pairs_invert", classes=table).estimate.value == 1


def test_wider_networks_are_those_with_one_hidden_layer():
    parts = [inversion(radii(10, 10))]
    parts += [inversion(radii(5, 2), network="width_50"), inversion(radii(5, 4), network="width_100")]
    parts += [inversion(radii(5, 0), network="depth_3", layer=layer) for layer in (1, 2)]
    wide = measured("all_classes_invert_in_wide_networks", classes=classes_table(pd.concat(parts), LINEAR, "D"))
    assert wide.estimate.value == 0.6 and wide.n_runs == 10
    assert wide.note == "width_50: 2 of 5, width_100: 4 of 5"


def test_layers_are_counted_within_a_run():
    def layers(network, *turns):
        found = np.ones((len(turns[0]), len(ABOUT)), bool)
        parts = []
        for layer, of_runs in enumerate(turns, start=1):
            found[:, 0] = of_runs
            parts.append(inversion(found, network=network, layer=layer))
        return parts

    # Of a shallow network nobody asks.
    rows = [*layers("reference", [0, 0, 0]), *layers("depth_3", [1, 1, 0], [1, 0, 1])]
    rows += layers("depth_4", [1, 1, 1], [1, 1, 1], [1, 0, 1])
    table = pd.concat(rows)
    first, every = (measured(f"{which}_layer_inverts", inversion=table) for which in ("first", "every"))
    assert first.estimate.value == pytest.approx(5 / 6) and first.n_runs == 6
    assert every.estimate.value == pytest.approx(3 / 6)


def test_agreement_is_beside_its_ceiling():
    rng = np.random.default_rng(0)
    rankings = (rng.random((4, 6, 60)) < 0.3).astype(float)
    rankings[3] = rankings[0]
    address = dict.fromkeys(("source", "task", "subset"), "x") | {"dataset": "d"}
    table = points_table(rankings, np.arange(60) % 3, address)
    (row,) = table.query("ranking_a == 'classes' and ranking_b == 'parity'").itertuples()
    found = measured("stragglers_are_paritys", classes_points=table)
    assert found.estimate == pytest.approx((row.jaccard_ratio, row.jaccard_ratio_low, row.jaccard_ratio_high))
    assert found.note == f"{row.jaccard:.2g}, by chance {row.jaccard_chance:.2g}" and found.n_runs == 6


@pytest.mark.parametrize("claim", MEASURES)
def test_a_study_without_the_runs_has_no_value(claim):
    rows = inversion(radii(5, 5)).assign(dataset="e")
    rankings = np.zeros((4, 5, 6))
    address = dict.fromkeys(("source", "task", "subset"), "x") | {"dataset": "e"}
    tables = {
        "inversion": rows,
        "classes": classes_table(rows, LINEAR, "D"),
        "classes_points": points_table(rankings, np.arange(6) % 3, address),
    }
    found = measured(claim, **tables)
    assert np.isnan(found.estimate.value) and found.n_runs == 0
