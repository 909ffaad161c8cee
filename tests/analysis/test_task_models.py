"""The tasks table and its models, on made-up tasks whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import yaml
from project import REPOSITORY

from workflow.stragglers.analysis import tasks_claims
from workflow.stragglers.analysis.tasks import alike, nature_of, task_row, units_of
from workflow.stragglers.analysis.tasks_models import (
    MODELS,
    discrimination,
    effects,
    estimated,
    explained,
    folds,
    held_out,
    logarithm,
    predict,
    scores,
    shifts,
    tasks_models,
    usable,
    varied,
)
from workflow.stragglers.analysis.tasks_predicted import tasks_predicted
from workflow.stragglers.study.families import tasks_of
from workflow.stragglers.support.columns import TASKS, TASKS_MODELS, TASKS_PREDICTED


def made(data=("A", "B"), law=lambda t, rng: t["lda_error"], seed=0, n_classes=10):
    """Pairs and splits of made-up data; predictors independent, ε* by ``law``."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in data:
        some = [*tasks_of("pairs").values()] + [*tasks_of({"random_splits": 5, "seed": 0}).values()]
        for number, task in enumerate(some):
            drawn = {key: np.exp(rng.normal()) for key in ("two_nn", "mle", "fisher", "nearest_other")}
            errors = {key: 0.1 * np.exp(rng.normal()) for key in ("lda_error", "logistic_error", "logistic_test_error")}
            row = {
                **dict.fromkeys(TASKS, ""),
                **{"dataset": f"{name}{number}", **nature_of(f"{name}{number}", name, task)},
                **{"n_samples": int(rng.integers(2000, 9000)), "n_features": 500, "minority": 0.1 + 0.4 * rng.random()},
                **{"flips": 0.0, "inverts": True, "phi_c": 0.1, **drawn, **errors},
            }
            rows.append(row | {"eps_star": law(row, rng)})
    return pd.DataFrame(rows)


# What tasks share


def frame(*rows):
    return pd.DataFrame(rows, columns=["data", "kind", "classes"])


def test_pairs_share_their_classes_and_all_else_everything_of_its_data():
    tasks = frame(("A", "pair", "0+1"), ("A", "pair", "2+3"), ("A", "pair", "1+2"), ("A", "one_vs_rest", "7"))
    expected = np.array([[1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], bool)
    assert (alike(tasks) == expected).all()
    other = frame(("A", "pair", "0+1"), ("B", "pair", "0+1"), ("B", "groups", "parity"))
    assert alike(other).tolist() == [[True, False, False], [False, True, True], [False, True, True]]


def test_units_are_classes_or_divisions_of_one_data():
    tasks = frame(("A", "pair", "0+1"), ("A", "one_vs_rest", "7"), ("B", "groups", "0+1 against 2+3"))
    assert units_of(tasks) == [{"A 0", "A 1"}, {"A 7"}, {"B 0+1 against 2+3"}]


def test_natures_of_tasks():
    for task, kind, classes in (
        ({"pair": [3, 5]}, "pair", "3+5"),
        ({"one_vs_rest": 3}, "one_vs_rest", "3"),
        ({"groups": [[0, 1], [2]]}, "groups", "0+1 against 2"),
        ("parity", "groups", "parity"),
    ):
        assert nature_of("n", "d", task) == {"name": "n", "data": "d", "kind": kind, "classes": classes}


# A row


def runs(errors):
    found = [error is not None for error in errors]
    return pd.DataFrame({"found": found, "train_error": np.array(errors, float), "epoch": 30})


def test_a_row_has_the_mean_and_the_majority_of_the_runs_that_invert():
    sets = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], bool)
    row = task_row({}, {}, {"lda_error": 0.2}, runs([0.1, 0.2, 0.3, None]), sets).iloc[0]
    assert (row["eps_star"], row["phi_c"], row["n_inverted"], row["n_runs"]) == (pytest.approx(0.2), 0.25, 3, 4)


def test_a_task_of_which_half_the_runs_invert_is_none_that_inverts():
    row = task_row({}, {}, {}, runs([0.1, 0.2, None, None]), np.ones((2, 5), bool)).iloc[0]
    assert not row["inverts"] and np.isnan([row["eps_star"], row["phi_c"], row["t_star"]]).all()


# Models


def test_no_point_counts_as_half_a_point():
    assert logarithm(pd.Series([0.0, 0.1]), pd.Series([1000, 1000])) == pytest.approx(np.log([0.0005, 0.1]))


def test_a_prediction_has_not_seen_what_is_hidden():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 1)), rng.normal(size=12)
    hidden = np.eye(12, dtype=bool)
    hidden[0, 1] = True
    before = predict(x, y, folds(hidden))
    y[:2] += 100
    after = predict(x, y, folds(hidden))
    assert after[0] == before[0] and (after[2:] != before[2:]).all()
    coefficients = np.polyfit(x[2:, 0], y[2:], 1)
    assert after[0] == pytest.approx(np.polyval(coefficients, x[0, 0]))


def test_too_few_tasks_give_no_prediction():
    assert np.isnan(predict(np.arange(5.0)[:, None], np.arange(5.0), folds(np.eye(5, dtype=bool)))).all()


def test_explained_is_the_share_of_the_squared_error():
    y, half = np.array([0.0, 2.0]), np.array([0.5, 1.5])
    assert explained(y, half, np.ones(2)) == pytest.approx(0.75)
    assert explained(y, np.array([0.5, np.nan]), np.ones(2)) == pytest.approx(0.75)
    assert np.isnan(explained(y, y, y))


def test_a_law_of_the_residual_is_found_and_nothing_else_adds():
    tasks = usable(made(law=lambda t, rng: 1.3 * t["lda_error"] ** 0.8 * np.exp(0.1 * rng.normal())))
    found = scores(tasks, "eps_star", "classes")
    assert found["r2", "residual", ""] > 0.95
    assert found["gain", "linear and dimension", "linear"] < 0.05 and found["r2", "dimension", ""] < 0.1
    assert effects(tasks, "eps_star")["slope", "residual", "lda_error"] == pytest.approx(0.8, abs=0.05)


def test_what_the_dimension_adds_is_found():
    tasks = usable(made(law=lambda t, rng: t["lda_error"] * t["mle"] ** 0.5 * np.exp(0.1 * rng.normal())))
    found = scores(tasks, "eps_star", "classes")
    assert found["gain", "residual and dimension", "residual"] > 0.8
    assert found["difference", "residual and dimension", "residual"] == pytest.approx(
        found["r2", "residual and dimension", ""] - found["r2", "residual", ""]
    )
    x = np.log(tasks["mle"])
    assert effects(tasks, "eps_star")["effect", "all", "mle"] == pytest.approx(0.5 * x.std(ddof=0), abs=0.05)


def test_a_law_that_holds_within_data_alone_fails_on_other_data():
    tasks = usable(made(law=lambda t, rng: t["lda_error"] * (8 if t["data"] == "A" else 1)))
    assert scores(tasks, "eps_star", "data")["r2", "residual", ""] < 0.7
    same = held_out(tasks, "data")
    assert same.sum() == 2 * 50**2


def test_of_a_law_without_a_rest_the_residual_is_the_error():
    found = effects(usable(made(law=lambda t, rng: 2 * t["lda_error"])), "eps_star")
    assert found["ratio", "residual as it is", ""] == pytest.approx(2)
    assert found["factor", "residual as it is", ""] == pytest.approx(2)


def test_discrimination_counts_pairs_and_ties_half():
    tasks = pd.DataFrame({"inverts": [True, True, False, False], "lda_error": [0.3, 0.1, 0.1, 0.0]})
    assert discrimination(tasks)["auc", "residual", "lda_error"] == 3.5 / 4
    assert np.isnan(discrimination(tasks[:2])["auc", "residual", "lda_error"])


def test_shifts_are_between_the_ends_of_what_is_varied_alone():
    tasks = pd.DataFrame(
        [
            *(("A", "x", 100, 0.0, 0.1, 0.1), ("A", "x", 100, 0.2, 0.2, 0.4), ("A", "x", 100, 0.1, 0.2, 9.0)),
            *(("A", "x", 200, 0.0, 0.1, 0.3), ("A", "y", 100, 0.0, 0.1, 0.1), ("B", "x", 100, 0.2, 0.1, 0.1)),
        ],
        columns=["data", "classes", "n_samples", "flips", "lda_error", "eps_star"],
    )
    flips, sizes = varied(tasks, "flips"), varied(tasks, "n_samples")
    assert (len(flips), len(sizes)) == (3, 2)
    assert shifts(flips, "flips")["shift", "residual as it is", "flips"] == pytest.approx(np.log(2))
    assert shifts(sizes, "n_samples")["shift", "residual as it is", "n_samples"] == pytest.approx(np.log(3))


# Intervals


def test_intervals_hold_the_truth_of_tasks_that_share_classes():
    """The mean of a number of pairs, whose classes each add something to all of their tasks."""
    rng, held = np.random.default_rng(0), 0
    pairs = [task["pair"] for task in tasks_of("pairs").values()]
    for _ in range(200):
        of_class = rng.normal(size=10)
        rows = frame(*(("A", "pair", f"{a}+{b}") for a, b in pairs))
        rows["value"] = [of_class[a] + of_class[b] + 0.3 * rng.normal() for a, b in pairs]
        (row,) = estimated(rows, lambda tasks: {("mean", "", ""): tasks["value"].mean()})
        held += row["ci_low"] <= 0 <= row["ci_high"]
    # Each class stands in a fifth of the pairs, and the mean over pairs is twice that over classes: exact at 95 %.
    assert held >= 180


def test_intervals_need_five_units():
    rows = frame(("A", "pair", "0+1"), ("A", "pair", "2+3")).assign(value=1.0)
    (row,) = estimated(rows, lambda tasks: {("mean", "", ""): tasks["value"].mean()})
    assert row["value"] == 1 and np.isnan(row["ci_low"]) and (row["n_tasks"], row["n_units"]) == (2, 4)


# Tables


@pytest.fixture(scope="module")
def tables():
    tasks = made(law=lambda t, rng: t["lda_error"] * np.exp(0.1 * rng.normal()))
    tasks.loc[3, "eps_star"] *= 5
    return {"tasks_models": tasks_models(tasks), "tasks_predicted": tasks_predicted(tasks)}


def test_tables_have_their_columns_and_an_interval_of_what_is_known(tables):
    models = tables["tasks_models"]
    assert [*models] == [*TASKS_MODELS] and [*tables["tasks_predicted"]] == [*TASKS_PREDICTED]
    known = models[models["value"].notna()]
    assert known[["ci_low", "ci_high"]].notna().all(axis=None)
    assert ((known["ci_low"] <= known["value"]) & (known["value"] <= known["ci_high"])).all()


def test_the_task_that_fails_comes_first(tables):
    rows = tables["tasks_predicted"].query("response == 'eps_star' and model == 'residual'")
    assert rows["dataset"].iloc[0] == "A3" and rows["ratio"].iloc[0] == pytest.approx(5, rel=0.5)
    assert {*tables["tasks_predicted"]["model"]} == {*MODELS}


def test_every_claim_reads_a_number_that_is_there(tables):
    definitions = yaml.safe_load((REPOSITORY / "config/claims/tasks.yaml").read_text(encoding="utf-8"))
    assert {*definitions} == {*tasks_claims.MEASURES}
    absent = {"residual_tells_inversion", "residual_follows_flips", "residual_follows_size"}
    for name, measure in tasks_claims.MEASURES.items():
        measured = measure.of(tables)
        assert np.isfinite(measured.estimate.value) == (name not in absent), name
    assert tasks_claims.MEASURES["residual_predicts"].of(tables).estimate.low > 0.5


def test_a_study_in_which_nothing_inverts_has_tables_without_numbers():
    tasks = made().assign(inverts=False, eps_star=np.nan, phi_c=np.nan)
    models = tasks_models(tasks)
    assert models["value"].isna().all() and len(tasks_predicted(tasks)) == 0
