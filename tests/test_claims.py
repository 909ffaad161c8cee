"""Verdicts: each measure on made-up tables with known answers, and the three-way verdict."""

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import REPOSITORY

from workflow.stragglers.claims import MEASURES, Evidence, claims_table, threshold_text, verdict
from workflow.stragglers.intervals import MISSING, Estimate
from workflow.stragglers.specification import Defining

DEFINITIONS = yaml.safe_load((REPOSITORY / "config/claims.yaml").read_text())


def inversions(errors, dataset="d", network="reference", optimizer="gd", layer=1):
    """One row a run; an error of None is a run without an inversion."""
    return pd.DataFrame(
        {
            "dataset": dataset,
            "network": network,
            "optimizer": optimizer,
            "layer": layer,
            "observable": "D",
            "removed": "none",
            "seed": range(len(errors)),
            "found": [error is not None for error in errors],
            "train_error": [np.nan if error is None else error for error in errors],
        }
    )


def ablations(kind, errors, found, sigma=0.0):
    return pd.DataFrame(
        {
            "dataset": "d",
            "network": "reference",
            "optimizer": "gd",
            "removed": kind,
            "seed": range(len(errors)),
            "sigma": sigma,
            "test_error": errors,
            "inversion_found": found,
        }
    )


EMPTY_CONSENSUS = pd.DataFrame(columns=["dataset", "network", "optimizer", "kind", "n_runs", "fraction"])
EMPTY_PEAK = pd.DataFrame(columns=["dataset", "network", "optimizer", "alignment", "statistic", "train_error"])


def evidence(reference=None, ablation=None, peak=EMPTY_PEAK, **groups):
    groups = {f"by_{name}": groups.get(name, {}) for name in ("optimizer", "network", "subsample")}
    empty = ablations("none", [], [])
    return Evidence(
        reference=inversions([]) if reference is None else reference,
        ablation=empty if ablation is None else ablation,
        consensus=EMPTY_CONSENSUS,
        peak=peak,
        **groups,
    )


def test_every_claim_of_the_config_is_measured_and_the_other_way_round():
    assert set(DEFINITIONS) == set(MEASURES)


def test_every_threshold_has_a_reason_and_a_bound():
    for definition in DEFINITIONS.values():
        assert definition["reason"]
        assert {"at_least", "at_most"} & set(definition)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.11, 0.12), "reproduced"),
        ((0.09, 0.12), "inconclusive"),
        ((0.11, 0.14), "inconclusive"),
        ((0.05, 0.09), "not reproduced"),
        ((0.14, 0.15), "not reproduced"),
        ((np.nan, np.nan), "inconclusive"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(interval, expected):
    assert verdict(Estimate(0.115, *interval), 0.10, 0.13) == expected


def test_threshold_is_readable():
    assert threshold_text(0.1, 0.13) == "0.1 to 0.13"
    assert threshold_text(0.7, np.inf) == "≥ 0.7"
    assert threshold_text(-np.inf, 0.15) == "≤ 0.15"


def test_share_of_runs_that_invert_counts_those_that_do_not():
    measured = MEASURES["non_monotonic"](evidence(inversions([0.1, 0.1, None, 0.1])))
    assert measured.estimate.value == 0.75
    assert measured.n_runs == 4


def test_spread_over_seeds_is_relative_to_the_mean():
    measured = MEASURES["stable_across_seeds"](evidence(inversions([0.09, 0.11])))
    assert measured.estimate.value == pytest.approx(np.std([0.09, 0.11], ddof=1) / 0.1)


def test_largest_shift_is_the_worst_group_in_either_direction():
    groups = {"up": inversions([0.11, 0.11]), "down": inversions([0.08, 0.08]), "none": inversions([None, None])}
    measured = MEASURES["stable_across_optimizers"](evidence(inversions([0.1, 0.1]), optimizer=groups))
    assert measured.estimate.value == pytest.approx(0.2)
    assert measured.n_runs == 6


def test_peak_of_conservation_is_relative_to_the_inversion():
    peak = pd.DataFrame(
        {
            "alignment": ["epoch", "epoch"],
            "statistic": ["jaccard", "z"],
            "n_runs": 9,
            "train_error": [0.5, 0.11],
            "ci_low": [0.4, 0.1],
            "ci_high": [0.6, 0.12],
        }
    )
    measured = MEASURES["maximally_conserved"](evidence(inversions([0.1, 0.1]), peak=peak))
    assert measured.estimate == pytest.approx((1.1, 1.0, 1.2))


def test_removal_counts_runs_without_an_inversion():
    rows = pd.concat(
        [ablations("stragglers", [0.1] * 4, [False, False, False, True]), ablations("none", [0.05], [True])]
    )
    measured = MEASURES["removal_eliminates_inversion"](evidence(ablation=rows))
    assert (measured.estimate.value, measured.n_runs) == (0.75, 4)


def test_random_removal_counts_seeds_whose_every_draw_inverts():
    rows = pd.concat([ablations("random", [0.1, 0.1], [True, True]), ablations("random", [0.1, 0.1], [True, False])])
    measured = MEASURES["random_removal_keeps_inversion"](evidence(ablation=rows))
    assert (measured.estimate.value, measured.n_runs) == (0.5, 4)


def test_test_error_ratio_pairs_runs_by_seed_and_averages_draws():
    rows = pd.concat(
        [
            ablations("none", [0.05, 0.05], True),
            ablations("stragglers", [0.10, 0.12], False),
            ablations("random", [0.04, 0.05], True),
            ablations("random", [0.06, 0.05], True),
            ablations("none", [0.10, 0.10], True, sigma=1.0),
            ablations("stragglers", [0.15, 0.15], False, sigma=1.0),
        ]
    )
    given = evidence(ablation=rows)
    assert MEASURES["removal_raises_test_error"](given).estimate.value == pytest.approx(2.2)
    assert MEASURES["removal_hurts_more_than_random"](given).estimate.value == pytest.approx(2.2)
    assert MEASURES["removal_raises_noisy_test_error"](given).estimate.value == pytest.approx(1.5)


@pytest.mark.parametrize("claim", MEASURES)
def test_a_study_without_the_runs_is_inconclusive_not_an_error(claim):
    measured = MEASURES[claim](evidence())
    assert np.isnan(measured.estimate.value)
    assert verdict(measured.estimate, 0, 1) == "inconclusive"


def test_table_has_one_row_a_claim_and_main_dataset_and_compares_subsamples():
    tables = {
        "inversion": pd.concat(
            [inversions([0.1] * 5), inversions([0.2] * 5, dataset="half"), inversions([0.1] * 5, dataset="other")]
        ),
        "ablation": ablations("none", [], []),
        "consensus": EMPTY_CONSENSUS,
        "conservation_peak": EMPTY_PEAK,
    }
    table = claims_table(DEFINITIONS, tables, [["d", "half"], ["other"]], Defining())
    assert len(table) == 2 * len(DEFINITIONS)
    shift = table.set_index(["claim", "dataset"])["value"]["stable_across_subsamples"]
    assert shift["d"] == pytest.approx(1.0)
    assert np.isnan(shift["other"])


def test_missing_is_not_a_number():
    assert np.isnan(MISSING).all()
