import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.claims import ALL_DATASETS
from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.page.answer import answer, lead, verdicts
from workflow.stragglers.spec.specification import Defining


def runs(n_found, n_runs, n_diverged=0):
    """Inversions of runs, of which the last diverged."""
    rows = pd.DataFrame({"seed": range(n_runs + n_diverged)})
    rows["found"] = rows["seed"] < n_found
    rows["epoch"] = np.where(rows["found"], 140 + rows["seed"], np.nan)
    rows["train_error"] = np.where(rows["found"], 0.07 + 0.01 * (-1) ** rows["seed"], np.nan)
    rows["diverged_at"] = np.where(rows["seed"] >= n_runs, 3.0, np.nan)
    return rows


def retrained(**kinds):
    """Rows of `ablation`: kind -> (test error, share of ten runs that invert)."""
    rows = [
        {
            "seed": seed,
            "removed": removed,
            "draw": 0,
            "sigma": 0.0,
            "test_error": error,
            "inversion_found": seed < 10 * share,
        }
        for removed, (error, share) in kinds.items()
        for seed in range(10)
    ]
    return pd.DataFrame(
        rows or None, columns=["seed", "removed", "draw", "sigma", "test_error", "inversion_found"]
    ).assign(diverged_at=np.nan)


def said(reference, ablation=None, fraction=0.0667, final=None):
    consensus = pd.DataFrame(
        [("consensus", 20, fraction, 0.06, 0.07)], columns=["kind", "n_runs", "fraction", "ci_low", "ci_high"]
    )
    address = {"dataset": "digits", "network": "reference", "optimizer": "gd"}
    inversion = reference.assign(**address, layer=1, observable="D", class_a=None, removed="none")
    tables = {"inversion": inversion, "ablation": retrained() if ablation is None else ablation, "consensus": consensus}
    evidence = Evidence(tables, ["digits"], Defining(), {"gd": "gd"})
    return " ".join(answer(evidence, "D", 2000, 1500, final))


def test_an_inversion_is_told_with_its_numbers():
    text = said(runs(20, 20), retrained(none=(0.042, 1), stragglers=(0.102, 0.1), random=(0.045, 1)))
    for part in (
        "In 20 of 20 runs",
        "ε* of 7.0 % [6.5, 7.5], after 150 of 2000 epochs",
        "100 of 1500 points, φ_c = 6.7 % [6.0, 7.0]",
        "Of 10 runs trained again without their stragglers 1 has an inversion",
        "of 10 without as many random points 10 have.",
        "The test error is 4.2 % with all points, 10.2 % without the stragglers and 4.5 % without random points.",
    ):
        assert part in text


def test_a_study_without_removals_says_so():
    assert "was not tried" in said(runs(5, 5))


def test_nothing_that_inverts_is_told_in_words():
    final = pd.Series({"train_error": 0.031, "D": 1.25})
    text = said(runs(0, 6), final=final)
    assert "None of the 6 runs" in text and "no stragglers" in text and "More epochs" in text
    assert "training error is 3.1 %" in text and "1.25 apart" in text
    assert "nan" not in text


def test_runs_that_diverged_are_not_counted_and_named():
    text = said(runs(3, 4, n_diverged=2))
    assert "In 3 of 4 runs" in text and "2 of 6" in text
    assert "no finished runs" in said(runs(0, 0, n_diverged=2))


def test_without_runs_it_says_that():
    assert said(runs(0, 0)).strip() == "This study has no finished runs of the reference network here."


def listing(rate, n_runs, **columns):
    rows = {"sample_id": range(len(rate)), "straggler_rate": rate, "n_runs": n_runs, "learned_at": np.nan}
    return pd.DataFrame(rows | {"file": None, "row": None, "class": "a", "suggested_class": None} | columns)


def test_the_first_lines_say_which_samples():
    said = lead(listing([1.0, 0.5, 0.25] + [0] * 9, 8, row=range(12), suggested_class="b", learned_at=3.0))
    assert "2 of 12 training samples are stragglers: at least half of the 8 runs" in said["sentence"]
    assert said["heads"] == ["row", "class", "runs say", "wrong at the inversion", "learned at"]
    assert said["rows"][1] == ("1", "a", "b", "50 % of runs", "epoch 3") and len(said["rows"]) == 10


def test_without_an_inversion_they_say_that_and_who_is_late():
    said = lead(listing([np.nan] * 3, 0, file=["c", "b", "a"], learned_at=[np.nan, 30.2, 20]))
    assert "None of the 3" in said["sentence"] and "no run has an inversion" in said["sentence"]
    assert said["rows"] == [("c", "a", "never"), ("b", "a", "epoch 30"), ("a", "a", "epoch 20")]


def claim(name, dataset, value, verdict):
    row = {"claim": name, "dataset": dataset, "statement": f"{name}.", "source": "ours", "figure": "1"}
    rest = {"ci_low": value, "ci_high": value, "n_runs": 5, "threshold": "≥ 1", "reason": "because", "note": ""}
    rest["statistic"] = "share"
    return row | rest | {"value": value, "verdict": verdict}


def test_verdicts_are_a_grid_of_claims_and_datasets():
    claims = pd.DataFrame(
        [
            claim("a", "one", 0.5, "reproduced"),
            claim("b", "one", np.nan, "inconclusive"),
            claim("a", "two", 0.25, "not reproduced"),
            claim("c", ALL_DATASETS, 0.9, "inconclusive"),
        ]
    )
    grid = verdicts(claims, {"one": "One", "two": "Two"})
    assert grid["columns"] == ["One", "Two"]
    assert [[cell["sign"] for cell in row["cells"]] for row in grid["rows"]] == [["✓", "✗"], ["–", ""], ["?"]]
    assert grid["rows"][2]["cells"][0]["span"] == 2
    assert grid["counts"] == {"reproduced": 1, "not reproduced": 1, "inconclusive": 1}
    details = grid["rows"][0]["cells"][0]["details"]
    assert details["value [95 %]"] == "0.5, n = 5" and details["why this threshold"] == "because"
    assert "note" not in details


@pytest.mark.parametrize("datasets", [[], ["one"]])
def test_claims_on_nothing_are_a_grid_too(datasets):
    claims = pd.DataFrame([claim("a", name, np.nan, "inconclusive") for name in [*datasets, ALL_DATASETS]])
    assert verdicts(claims, {"one": "One"})["counts"]["inconclusive"] == 0
