import numpy as np
import pandas as pd
import pytest
from drawn import written
from project import REPOSITORY

from workflow.stragglers.analysis.tasks import nature_of
from workflow.stragglers.analysis.tasks_models import tasks_models
from workflow.stragglers.analysis.tasks_predicted import tasks_predicted
from workflow.stragglers.figures import figq_tasks
from workflow.stragglers.figures.captions import render
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.study.families import tasks_of
from workflow.stragglers.support.columns import TASKS
from workflow.stragglers.tables.subject import Subject

SUBJECT = Subject(Defining(), {"gd": "gd"}, 120, [["d"]], {"d": "Data"})
TEMPLATE = (REPOSITORY / "workflow/report/figq_tasks.rst").read_text(encoding="utf-8")


def made(n_data=2, inverts=True):
    """Tasks whose ε* is near the residual, but for the first."""
    rng = np.random.default_rng(0)
    rows = []
    for data in [f"Data {number}" for number in range(n_data)]:
        for suffix, task in (tasks_of("pairs") | tasks_of({"random_splits": 5, "seed": 0})).items():
            error = 0.1 * np.exp(rng.normal())
            names = ("logistic_error", "logistic_test_error", "two_nn", "mle", "fisher", "nearest_other")
            rows.append(
                {
                    **dict.fromkeys(TASKS, ""),
                    **dict.fromkeys(("ci_low", "ci_high", "t_star"), np.nan),
                    **nature_of(f"{data}: {suffix}", data, task),
                    **{name: 0.1 * np.exp(rng.normal()) for name in names},
                    **{"dataset": f"{data} {suffix}", "n_samples": 4096, "n_features": 500 + len(rows), "flips": 0.0},
                    **{"minority": 0.3 + 0.1 * rng.random(), "lda_error": error, "inverts": inverts, "n_runs": 5},
                    **{
                        name: error * np.exp(0.1 * rng.normal()) if inverts else np.nan
                        for name in ("eps_star", "phi_c")
                    },
                    "n_inverted": 5 * inverts,
                }
            )
    rows[0]["eps_star"] *= 6
    return pd.DataFrame(rows)


@pytest.fixture
def content(tmp_path):
    def gather(tasks):
        tables = {"tasks": tasks, "tasks_models": tasks_models(tasks), "tasks_predicted": tasks_predicted(tasks)}
        return figq_tasks.gather(written(tables, tmp_path), SUBJECT)

    return gather


def test_it_names_the_task_that_fails_and_its_numbers(content):
    drawn = content(made())
    figure = figq_tasks.draw(drawn)
    a, b, d, c = figure.axes
    assert c.get_yticklabels()[0].get_text().startswith("discriminant")
    assert d.get_yticklabels()[0].get_text() == "Data 0: 0_1"
    assert sum(len(line.get_xdata()) for line in a.lines if len(line.get_xdata()) > 2) == 100
    text = render(TEMPLATE, figq_tasks.caption(drawn))
    assert "100 tasks (Data 0: 50, Data 1: 50)" in text and "5 runs of the reference each" in text
    r2 = drawn.number(quantity="r2", model="residual", response="eps_star", held_out="classes")
    assert f"The residual alone: {r2.value:.2f}" in text and b.get_xlim()[0] < 0


def test_of_one_data_nothing_is_foretold_by_others(content):
    drawn = content(made(n_data=1))
    assert np.isnan(drawn.number(quantity="r2", model="residual", response="eps_star", held_out="data").value)
    figq_tasks.draw(drawn)


def test_where_nothing_inverts_it_says_so(content):
    figure = figq_tasks.draw(content(made(inverts=False)))
    notes = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert {"no task inverts", "no task is foretold", "too few tasks invert"} <= {*notes}
