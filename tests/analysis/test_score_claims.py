import numpy as np
import pandas as pd
import pytest
import yaml
from project import REPOSITORY

from workflow.stragglers.analysis import score_claims
from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.spec.specification import Defining

BOUNDS = ("", "_low", "_high")


def estimates(**values):
    return {
        f"{name}{bound}": value + step
        for name, value in values.items()
        for bound, step in zip(BOUNDS, (0, -0.01, 0.01), strict=True)
    }


def summary_row(score, jaccard, recall=np.nan, own=0.05):
    row = estimates(jaccard=jaccard, recall=recall, own_share=own)
    return {"dataset": "d", "score": score, "n_runs": 10, **row}


SUMMARY = pd.DataFrame(
    [
        summary_row("straggler", 0.8, 0.9),
        summary_row("el2n_inversion", 0.95, 0.99),
        summary_row("el2n_20", 0.5, 0.6),
        summary_row("learning_time", 0.6, 0.7),
        summary_row("label_quality", 0.9, 0.95),
        summary_row("lda", 1.0, 0.8),
        summary_row("logistic", 1.0, 0.7),
    ]
)
PAIRS = pd.DataFrame(
    [
        {"dataset": "d", "score_a": "straggler", "score_b": b, **estimates(jaccard=value)}
        for b, value in {"straggler": 0.8, "el2n_20": 0.4, "lda": 0.7, "logistic": 0.84}.items()
    ]
)
STABILITY = pd.DataFrame(
    [
        {
            "dataset": "d",
            "score": score,
            "size": size,
            "measure": measure,
            "value": value,
            "lowest": 0.9,
            "highest": 0.96,
        }
        for score, size, measure, value in (
            ("straggler", 1, "rho", 0.9),
            ("straggler", 5, "jaccard", 0.91),
            ("straggler", 5, "rho", 0.94),
            ("el2n_20", 5, "rho", 0.99),
        )
    ]
)
VARIANCE = pd.DataFrame(
    [
        {"dataset": "d", "score": score, "component": component, "n_runs": 20, **estimates(share=share)}
        for score, component, share in (
            ("all", "points", 0.6),
            ("all", "architecture", 0.02),
            ("all", "score and architecture", 0.03),
            ("all", "run", 0.1),
            ("all", "rest", 0.2),
            ("all", "one direction", 0.7),
            ("straggler", "run", 0.9),
        )
    ]
)
ERRORS = {
    "none": (0.05, True),
    "random": (0.06, True),
    "straggler": (0.12, False),
    "el2n_inversion": (0.3, False),
    "el2n_20": (0.1, False),
    "forgetting": (0.07, True),
    "lda": (0.11, False),
    "straggler only": (0.08, True),
    "linear only": (0.064, True),
}


def removal(errors=ERRORS):
    return pd.DataFrame(
        [
            {
                **{"dataset": "d", "network": "reference", "optimizer": "gd", "seed": seed, "removed": removed},
                **{
                    "sigma": sigma,
                    "test_error": error * (1 + seed / 100),
                    "inversion_found": found,
                    "diverged_at": np.nan,
                },
            }
            for removed, (error, found) in errors.items()
            for seed in range(5)
            for sigma in (0.0, 1.0)
        ]
    )


def measured(name, **tables):
    known = {"score_summary": SUMMARY, "score_pairs": PAIRS, "score_variance": VARIANCE, "score_removal": removal()}
    known["score_stability"] = STABILITY
    return score_claims.MEASURES[name].of(Evidence(known | tables, ["d"], Defining(), {"gd": "gd"}))


def test_every_claim_is_measured_and_every_measure_claimed():
    claims = yaml.safe_load((REPOSITORY / "config/claims/scores.yaml").read_text(encoding="utf-8"))
    assert {*claims} == {*score_claims.MEASURES}


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        # Neither what asks for t* itself, nor what has no runs of networks, is another score of networks.
        ("stragglers_best_conserved", 0.8 / 0.6, "learning_time"),
        ("linear_margin_tells_stragglers", 0.84 / 0.8, "logistic"),
        ("early_error_tells_stragglers", 0.4 / 0.4**0.5, ""),
        ("little_beyond_linear", 0.05, ""),
        ("one_direction", 0.7, ""),
        ("noisy_single_runs", 0.3, ""),
        ("architecture_matters_little", 0.05, ""),
        ("few_runs_suffice", 0.94, ""),
        ("removal_is_not_special", 2 / 3, ""),
        ("stragglers_hurt_most", 0.12 / 0.11, "lda"),
        ("stragglers_beyond_linear_matter", 0.08 / 0.064, ""),
        ("stragglers_find_flips", 0.9 / 0.95, "label_quality"),
    ],
)
def test_claims_in_numbers(name, value, note):
    found = measured(name)
    assert found.estimate.value == pytest.approx(value)
    assert note in found.note


def test_a_run_that_has_no_inversion_has_none_to_lose():
    found = measured("removal_is_not_special", score_removal=removal(ERRORS | {"none": (0.05, False)}))
    assert np.isnan(found.estimate.value) and "no inversion to lose" in found.note


def test_where_nothing_is_planted_nothing_is_found():
    bare = SUMMARY.assign(**{f"recall{bound}": np.nan for bound in BOUNDS})
    assert np.isnan(measured("stragglers_find_flips", score_summary=bare).estimate.value)


@pytest.mark.parametrize("name", score_claims.MEASURES)
def test_a_study_in_which_nothing_inverts_has_no_answer(name):
    tables = {
        "score_summary": SUMMARY[~SUMMARY["score"].isin(["straggler", "el2n_inversion"])],
        "score_pairs": PAIRS.iloc[:0],
        "score_variance": VARIANCE.iloc[:0],
        "score_stability": STABILITY.iloc[:0],
        "score_removal": removal({"none": (0.05, False), "el2n_20": (0.1, False)}),
    }
    assert np.isnan(measured(name, **tables).estimate.value)
