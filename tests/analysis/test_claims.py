"""Verdicts: each measure on made-up tables with known answers, and the three-way verdict."""

import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from project import REPOSITORY

from workflow.stragglers.analysis.claims import MEASURES, claims_table, read_claims, tables_of, threshold_text, verdict
from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.analysis.stability import after_last, shift_beside_epochs
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support import columns
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.intervals import MISSING, Estimate

DEFINITIONS = yaml.safe_load((REPOSITORY / "config/claims.yaml").read_text(encoding="utf-8"))


def inversions(errors, dataset="d", network="reference", optimizer="gd", layer=1, epoch=10):
    """One row a run; an error of None is a run without an inversion."""
    return pd.DataFrame(
        {
            "dataset": dataset,
            "network": network,
            "optimizer": optimizer,
            "layer": layer,
            "observable": "D",
            "class_a": None,
            "removed": "none",
            "seed": range(len(errors)),
            "found": [error is not None for error in errors],
            "epoch": epoch,
            "train_error": [np.nan if error is None else error for error in errors],
            "diverged_at": pd.NA,
        }
    )


def ablations(kind, errors, found, sigma=0.0, **columns):
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
            "draw": 0,
            "n_removed": 0,
            "diverged_at": pd.NA,
        }
    ).assign(**columns)


CELL = ["dataset", "network", "optimizer"]
EMPTY = {
    "inversion": inversions([]),
    "ablation": ablations("none", [], []),
    "consensus": pd.DataFrame(columns=[*CELL, "kind", "n_runs", "fraction"]),
    "conservation_peak": pd.DataFrame(columns=[*CELL, "alignment", "statistic", "train_error"]),
    "overlap": pd.DataFrame(
        columns=["dataset", "network_a", "network_b", "optimizer_a", "optimizer_b", "n_pairs", "jaccard"]
    ),
    "nested": pd.DataFrame(columns=["network", "optimizer", "inner", "outer", "n_inner", "n_outer", "kept"]),
    "linear": pd.DataFrame(columns=["dataset", "classifier", "n_samples", "train_error"]),
    "dynamics": pd.DataFrame(
        columns=[*CELL, "seed", "removed", "epoch", "train_error", "test_error", "R_minus", "R_plus", "D"]
    ),
    "variance": pd.DataFrame(columns=["quantity", "component", "n_datasets", "share"]),
}


def evidence(reference=None, n_samples=None, **given):
    """Evidence from what is ``given`` (tables, and inversions by optimizer, network or subsample), and nothing else."""
    runs = [inversions([]) if reference is None else reference]
    groups = {"optimizer": "optimizer", "network": "network", "subsample": "dataset"}
    for part, column in groups.items():
        runs += [rows.assign(**{column: name}) for name, rows in given.pop(part, {}).items()]
    orders = {name: name for name in ("gd", *pd.concat(runs)["optimizer"])}
    for first, rows in given.pop("order", {}).items():
        runs.append(rows)
        orders |= dict.fromkeys(rows["optimizer"], first)
    sizes = pd.DataFrame({"dataset": (n_samples or {}).keys(), "n_samples": (n_samples or {}).values()})
    tables = (
        EMPTY
        | {"inversion": pd.concat(runs).astype({"found": bool}), "linear": pd.concat([EMPTY["linear"], sizes])}
        | given
    )
    return Evidence(tables, [*dict.fromkeys(["d", *pd.concat(runs)["dataset"]])], Defining(), orders)


def measure(claim, given):
    """The claim measured on what it says that it reads, and nothing else."""
    nothing = {table: pd.DataFrame(columns=list(getattr(columns, table.upper()))) for table in MEASURES[claim].tables}
    tables = {table: given.tables.get(table, nothing[table]) for table in MEASURES[claim].tables}
    alone = tables if MEASURES[claim].jointly else Evidence(tables, given.family, given.defining, given.orders)
    return MEASURES[claim].of(alone)


def test_every_measure_is_of_a_claim_that_comes_with_the_workflow():
    shipped = [REPOSITORY / "config/claims.yaml", *REPOSITORY.glob("config/claims/*.yaml")]
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in shipped]
    assert {claim for definitions in files for claim in definitions} == {*MEASURES}


def test_a_file_of_claims_names_what_is_measured(tmp_path):
    file, schema = tmp_path / "claims.yaml", REPOSITORY / "workflow/schemas/claims.schema.yaml"
    claim = {"statement": "s", "figure": "1", "statistic": "t", "at_least": 0.5, "reason": "r", "source": "ours"}
    for text, said in (
        ({"non_monotonic": claim}, None),
        ({"nonmonotonic": claim}, "nonmonotonic: nothing measures a claim of this name"),
        ({"non_monotonic": {**claim, "at_least": "half"}}, "non_monotonic.at_least: 'half' is not"),
        ({"non_monotonic": {**claim, "datasets": ["e"]}}, "non_monotonic.datasets: e is no main dataset"),
        ({"non_monotonic": {**claim, "why": "r"}}, "known keys: statement"),
    ):
        file.write_text(yaml.safe_dump(text), encoding="utf-8")
        if said is None:
            assert tables_of(read_claims(file, schema, ["d"])) == ["inversion"]
            continue
        with pytest.raises(InputError, match=re.escape(said)) as raised:
            read_claims(file, schema, ["d"])
        assert str(file) in str(raised.value)


def test_a_claim_about_one_dataset_is_not_asked_of_others():
    definitions = {"non_monotonic": DEFINITIONS["non_monotonic"] | {"datasets": ["other"]}}
    inversion = pd.concat([inversions([0.1] * 5), inversions([0.1] * 5, dataset="other")])
    table = claims_table(definitions, {"inversion": inversion}, [["d"], ["other"]], Defining(), {"gd": "gd"})
    assert table["dataset"].tolist() == ["other"]


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
    measured = measure("non_monotonic", evidence(inversions([0.1, 0.1, None, 0.1])))
    assert measured.estimate.value == 0.75
    assert measured.n_runs == 4


def test_spread_over_seeds_is_relative_to_the_mean():
    measured = measure("stable_across_seeds", evidence(inversions([0.09, 0.11])))
    assert measured.estimate.value == pytest.approx(np.std([0.09, 0.11], ddof=1) / 0.1)


def test_largest_shift_is_the_worst_group_in_either_direction():
    groups = {"up": inversions([0.11] * 5), "down": inversions([0.08] * 6), "none": inversions([None, None])}
    measured = measure("stable_across_optimizers", evidence(inversions([0.1] * 5), optimizer=groups))
    assert measured.estimate == pytest.approx((0.2, 0.2, 0.2))
    assert measured.n_runs == 16


def test_groups_of_which_few_runs_invert_are_left_out_by_name_and_count():
    few, none, enough = [0.5, 0.4, 0.5, 0.6, None], [None] * 3, [0.1, 0.11, 0.1, 0.09, 0.12]
    groups = {"few": inversions(few), "none": inversions(none), "enough": inversions(enough)}
    for claim, field in (
        ("stable_across_optimizers", "optimizer"),
        ("weak_dependence_on_architecture", "network"),
        ("stable_across_subsamples", "subsample"),
        ("error_steadier_than_epoch", "optimizer"),
    ):
        measured = measure(claim, evidence(inversions([0.1] * 5), **{field: groups}))
        assert measured.note == "left out, as fewer than 5 runs invert: few (4 of 5), none (0 of 3)"
        # Where no epoch differs, there is no spread to compare with.
        assert not measured.estimate.value >= 0.1 and measured.n_runs == 10


@pytest.mark.parametrize("claim", ["non_monotonic", "stable_across_seeds", "straggler_fraction"])
@pytest.mark.parametrize("n", [2, 4, 5])
def test_below_five_runs_there_is_no_verdict(claim, n):
    measured = measure(claim, evidence(inversions([0.101] * n)))
    assert np.isfinite(measured.estimate.value)
    definition = DEFINITIONS[claim]
    bounds = definition.get("at_least", -np.inf), definition.get("at_most", np.inf)
    decided = verdict(measured.estimate, *bounds) != "inconclusive"
    # Five of five runs have a share of .57 to 1, which is not above .7.
    assert decided == (n >= 5 and claim != "non_monotonic")


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
    measured = measure("maximally_conserved", evidence(inversions([0.1] * 5), conservation_peak=peak))
    assert measured.estimate == pytest.approx((1.1, 1.0, 1.2))
    unsure = measure("maximally_conserved", evidence(inversions([0.09, 0.1, 0.11, 0.1, 0.1]), conservation_peak=peak))
    assert unsure.estimate.low < 0.99 and unsure.estimate.high > 1.21
    few = measure("maximally_conserved", evidence(inversions([0.1] * 4), conservation_peak=peak)).estimate
    assert few.value == pytest.approx(1.1) and np.isnan([few.low, few.high]).all()


def test_removal_counts_runs_without_an_inversion():
    rows = pd.concat(
        [ablations("stragglers", [0.1] * 4, [False, False, False, True]), ablations("none", [0.05], [True])]
    )
    measured = measure("removal_eliminates_inversion", evidence(ablation=rows))
    assert (measured.estimate.value, measured.n_runs) == (0.75, 4)


def test_random_removal_counts_seeds_whose_every_draw_inverts():
    rows = pd.concat([ablations("random", [0.1, 0.1], [True, True]), ablations("random", [0.1, 0.1], [True, False])])
    measured = measure("random_removal_keeps_inversion", evidence(ablation=rows))
    assert (measured.estimate.value, measured.n_runs) == (0.5, 2)


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
    assert measure("removal_raises_test_error", given).estimate.value == pytest.approx(2.2)
    assert measure("removal_hurts_more_than_random", given).estimate.value == pytest.approx(2.2)
    for claim in ("removal_raises_noisy_test_error", "removal_raises_test_error_at_unit_noise"):
        assert measure(claim, given).estimate.value == pytest.approx(1.5)


@pytest.mark.parametrize("claim", MEASURES)
def test_a_study_without_the_runs_is_inconclusive_not_an_error(claim):
    measured = measure(claim, evidence())
    assert np.isnan(measured.estimate.value)
    assert verdict(measured.estimate, 0, 1) == "inconclusive"


def test_shift_of_errors_is_told_beside_that_of_epochs():
    cells = [np.column_stack([np.full(3, 0.1 * 2**i), np.full(3, 10.0 * 4**i)]) for i in range(3)]
    assert shift_beside_epochs(*cells) == pytest.approx(0.5)
    steady = {"fast": inversions([0.1] * 5, epoch=5), "slow": inversions([0.1] * 5, epoch=50)}
    measured = measure("error_steadier_than_epoch", evidence(inversions([0.1] * 5), optimizer=steady))
    assert (measured.estimate.value, measured.n_runs) == (pytest.approx(0), 15)


def test_orders_of_batches_are_compared_within_seeds():
    # The seeds differ much more than the orders do.
    orders = pd.concat([inversions([0.09, 0.19], optimizer="a"), inversions([0.11, 0.21], optimizer="b")])
    measured = measure("stable_across_orders", evidence(order={"a": orders}))
    assert measured.estimate.value == pytest.approx(np.sqrt(0.0002) / 0.15)
    assert measured.n_runs == 2


def test_blocks_are_subsamples_of_the_size_of_the_main_dataset():
    given = {
        "reference": inversions([0.1] * 5),
        "subsample": {"block": inversions([0.11] * 5), "small": inversions([0.05] * 5)},
        "n_samples": {"d": 100, "block": 100, "small": 10},
    }
    assert measure("stable_across_blocks", evidence(**given)).estimate.value == pytest.approx(0.1)
    assert measure("stable_across_subsamples", evidence(**given)).estimate.value == pytest.approx(0.5)


def test_curve_is_flat_from_the_last_point_that_is_near_the_end():
    assert [after_last(far) for far in ([True, False, False], [False, True], [False, False], [])] == [1, 2, 0, 0]
    n_samples = {"small": 25, "half": 50, "d": 100, "all": 200}

    def measured(half, n=5):
        groups = {"small": [0.02] * n, "half": half, "all": [0.1] * n}
        subsample = {name: inversions(errors) for name, errors in groups.items()}
        return measure("flat_in_sample_size", evidence(inversions([0.1] * n), n_samples, subsample=subsample))

    assert measured([0.095] * 5).estimate == (0.5, 0.5, 0.5)
    # Half the points may or may not be far.
    assert measured([0.08, 0.09, 0.1, 0.08, 0.09]).estimate == (0.5, 0.5, 1)
    assert measured([0.07, 0.08, 0.09, 0.07, 0.09]).estimate == (1, 0.5, 1)
    assert np.isnan(measured([0.095] * 4, n=4).estimate.value)


def test_kept_stragglers_are_of_sets_of_the_main_size_inside_the_largest():
    rows = [("d", "all", 100, 400, 0.9), ("b", "all", 100, 400, 0.7), ("s", "all", 10, 400, 0.1)]
    rows += [("d", "half", 100, 200, 0.2)]
    nested = pd.DataFrame(rows, columns=["inner", "outer", "n_inner", "n_outer", "kept"])
    given = {
        "nested": nested.assign(network="reference", optimizer="gd"),
        "n_samples": {"d": 100},
        "subsample": {"b": inversions([0.1]), "s": inversions([0.1])},
    }
    measured = measure("kept_in_larger_sets", evidence(**given))
    assert (measured.estimate.value, measured.n_runs) == (pytest.approx(0.8), 2)


def test_overlap_with_others_is_relative_to_that_within():
    rows = [
        ("reference", "reference", "gd", "gd", 0.8),
        ("reference", "wide", "gd", "gd", 0.6),
        ("wide", "wide", "gd", "gd", 0.4),
        ("reference", "reference", "gd", "adam", 0.4),
        ("reference", "reference", "adam", "adam", 0.8),
    ]
    overlap = pd.DataFrame(rows, columns=["network_a", "network_b", "optimizer_a", "optimizer_b", "jaccard"])
    given = evidence(
        inversions([0.1]), optimizer={"adam": inversions([0.1])}, overlap=overlap.assign(dataset="d", n_pairs=3)
    )
    assert measure("shared_between_networks", given).estimate.value == pytest.approx(1.0)
    assert measure("shared_between_optimizers", given).estimate.value == pytest.approx(0.5)


def test_smallest_fraction_removed_is_compared_with_nothing_removed():
    few, many = (
        ablations("top_stragglers", [error] * 2, True, draw=draw, n_removed=count)
        for draw, error, count in ((0, 0.06, 10), (1, 0.2, 30))
    )
    rows = pd.concat([ablations("none", [0.05, 0.05], True), many, few])
    measured = measure("partial_removal_raises_test_error", evidence(ablation=rows))
    assert measured.estimate.value == pytest.approx(1.2)


def test_linear_claims_take_the_discriminant():
    row = {"eps_star": 0.1, "ci_low": 0.09, "ci_high": 0.11, "n_inverted": 5}
    row |= {"jaccard_ratio": 0.5, "jaccard_ratio_low": 0.45, "jaccard_ratio_high": 0.55}
    linear = pd.DataFrame(
        [{"classifier": "lda", "train_error": 0.2, **row}, {"classifier": "logistic", "train_error": 0.1, **row}]
    )
    assert measure("linear_residual", evidence(linear=linear)).estimate == pytest.approx((0.5, 0.45, 0.55))
    assert measure("linear_mistakes", evidence(linear=linear)).estimate == pytest.approx((0.5, 0.45, 0.55))


def test_orders_are_gathered_by_their_first():
    inversion = pd.concat([inversions([0.1], optimizer=name) for name in ("gd", "batch", "batch_b")])
    tables = {**EMPTY, "inversion": inversion}
    found = Evidence(tables, ["d"], Defining(), {"gd": "gd", "batch": "batch", "batch_b": "batch"})
    assert [*found.by_order] == ["batch"] and len(found.by_order["batch"]) == 2
    assert [*found.by_optimizer] == ["batch"]


def lost(rows, runs):
    """``rows`` whose first ``runs`` diverged."""
    return rows.assign(diverged_at=[3] * runs + [pd.NA] * (len(rows) - runs))


def test_runs_that_diverged_count_neither_way_and_the_claim_says_how_many():
    runs = lost(inversions([None] * 2 + [0.1] * 6), 2)
    estimate, n_runs, note = measure("non_monotonic", evidence(runs))
    assert (estimate.value, n_runs, note) == (1, 6, "left out, as they diverged: gd (2 of 8)")
    # Those without an inversion still count as such.
    assert measure("non_monotonic", evidence(lost(runs, 1))).estimate.value == pytest.approx(6 / 7)


def test_groups_with_runs_that_diverged_are_named():
    adam = lost(inversions([None] + [0.1] * 5, optimizer="adam"), 1)
    measured = measure("stable_across_optimizers", evidence(inversions([0.1] * 5), optimizer={"adam": adam}))
    assert measured.n_runs == 10 and measured.note == "left out, as they diverged: adam (1 of 6)"


@pytest.mark.parametrize(
    "claim, removed", [("removal_eliminates_inversion", "stragglers"), ("random_removal_keeps_inversion", "random")]
)
def test_retrained_runs_that_diverged_count_neither_way(claim, removed):
    found = removed == "random"
    rows = lost(ablations(removed, [np.nan] + [0.1] * 5, [not found] + [found] * 5), 1)
    estimate, n_runs, note = measure(claim, evidence(ablation=rows))
    assert (estimate.value, n_runs, note) == (1, 5, f"left out, as they diverged: {removed} (1 of 6)")


def test_table_has_one_row_a_claim_and_main_dataset_and_compares_subsamples():
    inversion = [inversions([0.1] * 5), inversions([0.2] * 5, dataset="half"), inversions([0.1] * 5, dataset="other")]
    variance = pd.DataFrame(
        [("train_error", "dataset", 2, 0.95, 0.93, 0.97, 30)],
        columns=["quantity", "component", "n_datasets", "share", "ci_low", "ci_high", "n_runs"],
    )
    tables = {**EMPTY, "inversion": pd.concat(inversion), "variance": variance}
    assert {*tables_of(DEFINITIONS)} == {*tables} - {"dynamics"}
    table = claims_table(DEFINITIONS, tables, [["d", "half"], ["other"]], Defining(), {"gd": "gd"})
    assert len(table) == 2 * (len(DEFINITIONS) - 1) + 1
    value = table.set_index(["claim", "dataset"])["value"]
    assert value["stable_across_subsamples", "d"] == pytest.approx(1.0)
    assert np.isnan(value["stable_across_subsamples", "other"])
    assert value["data_set_the_error", "all"] == 0.95
    assert table.iloc[-1]["verdict"] == "reproduced"


def test_missing_is_not_a_number():
    assert np.isnan(MISSING).all()


def test_an_interval_does_not_depend_on_the_process():
    """Names hash differently in every process, so nothing may follow the order of a set."""
    program = """
import sys
sys.path[:0] = ["tests", "tests/analysis"]
from test_claims import evidence, measure, pd
names = ["reference", *"abcdefgh"]
rows = [("reference", name, 0.5 + 0.05 * i) for i, name in enumerate(names)] + [(name, name, 0.9) for name in names[1:]]
overlap = pd.DataFrame(rows, columns=["network_a", "network_b", "jaccard"])
given = evidence(overlap=overlap.assign(dataset="d", optimizer_a="gd", optimizer_b="gd", n_pairs=3))
print(measure("shared_between_networks", given).estimate)
"""
    command = [sys.executable, "-c", program]
    outputs = {
        subprocess.run(
            command,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
