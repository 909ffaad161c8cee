"""What foretells an inversion: models of ε* and φ_c over tasks, each judged on tasks of which it has seen no class.

Responses and predictors are logarithms, as they span decades; errors of no point count as half a point. A task is
predicted by a least-squares fit to the tasks that share no class with it: a pair by other pairs of its data and by all
of other data; any other task, which has all classes of its data, by other data alone. Intervals leave out, one by one,
classes and divisions of classes with all tasks about them (:func:`.tasks.units_of`): tasks that share a class are not
independent.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from ..support.columns import TASKS_MODELS
from ..support.intervals import Estimate, jackknife
from ..support.sealed import read_table
from ..tables.subject import Subject
from .tasks import alike, units_of

RESPONSES = ("eps_star", "phi_c")
RESIDUAL = ("lda_error",)
LINEAR = (*RESIDUAL, "logistic_error", "logistic_test_error", "minority", "points_per_feature")
DIMENSION, GEOMETRY = ("two_nn", "mle"), ("fisher", "nearest_other")
MODELS: dict[str, tuple[str, ...]] = {
    "residual": RESIDUAL,
    "logistic": ("logistic_error",),
    "test": ("logistic_test_error",),
    "size": ("minority", "points_per_feature"),
    "dimension": DIMENSION,
    "geometry": GEOMETRY,
    "linear": LINEAR,
    "residual and dimension": RESIDUAL + DIMENSION,
    "linear and dimension": LINEAR + DIMENSION,
    "linear and geometry": LINEAR + GEOMETRY,
    "all": LINEAR + DIMENSION + GEOMETRY,
}
"""Model -> the predictors of a task that it is linear in, by their columns."""
NESTED = {
    "linear": "residual",
    "residual and dimension": "residual",
    "linear and dimension": "linear",
    "linear and geometry": "linear",
    "all": "linear",
}
"""Model -> the smaller one that it is held against."""
ERRORS = ("lda_error", "logistic_error", "logistic_test_error")
"""Predictors that are shares of points, and may be none."""
SPARE = 3
"""Tasks that a fit needs beyond its parameters."""


def logarithm(column: pd.Series, n_points: pd.Series | float) -> np.ndarray:
    """Logarithm of a column; of shares of ``n_points``, none counts as half a point."""
    return np.log(np.maximum(column.to_numpy(float), 0.5 / np.asarray(n_points, float)))


def design(tasks: pd.DataFrame, terms: Sequence[str]) -> np.ndarray:
    """Predictors of tasks (n, terms), as logarithms."""
    columns = []
    for term in terms:
        values = tasks["n_samples"] / tasks["n_features"] if term == "points_per_feature" else tasks[term]
        columns.append(logarithm(values, tasks["n_samples"] if term in ERRORS else np.inf))
    return np.column_stack(columns)


def response(tasks: pd.DataFrame, name: str) -> np.ndarray:
    """Logarithm of ``eps_star`` or ``phi_c`` (n,)."""
    return logarithm(tasks[name], tasks["n_samples"])


def usable(tasks: pd.DataFrame) -> pd.DataFrame:
    """Tasks that invert and have all predictors: every model is judged on the same."""
    columns = [*RESPONSES, "n_features", *(term for term in MODELS["all"] if term in tasks)]
    known = tasks[columns].notna().all(axis=1)
    return tasks[known & tasks["inverts"].astype(bool)].reset_index(drop=True)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of least squares, the constant first; x (n, p), y (n,) -> (p + 1,)."""
    return np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0]


Fold = tuple[np.ndarray, np.ndarray]
"""Numbers of the tasks that a fit may see, and of those that it predicts."""


def folds(hidden: np.ndarray) -> list[Fold]:
    """What is to be fitted where each task must not see its ``hidden`` ones, booleans (n, n)."""
    alike: dict[bytes, list[int]] = {}
    for task, row in enumerate(hidden):
        alike.setdefault(row.tobytes(), []).append(task)
    return [(np.flatnonzero(~hidden[these[0]]), np.array(these)) for these in alike.values()]


def predict(x: np.ndarray, y: np.ndarray, folds: Sequence[Fold]) -> np.ndarray:
    """Each task's y (n,) by the fit of its fold.

    NaN where a fit may see fewer tasks than it has parameters and :data:`SPARE`.
    """
    predicted = np.full(len(y), np.nan)
    for seen, these in folds:
        if len(seen) >= x.shape[1] + 1 + SPARE:
            constant, *slopes = fit(x[seen], y[seen])
            predicted[these] = constant + x[these] @ np.array(slopes)
    return predicted


def held_out(tasks: pd.DataFrame, how: str) -> np.ndarray:
    """Which tasks are hidden from the prediction of which: those that share ``classes``, or all of its ``data``."""
    data = tasks["data"].to_numpy()
    return alike(tasks) if how == "classes" else data[:, None] == data


def explained(y: np.ndarray, predicted: np.ndarray, base: np.ndarray) -> float:
    """Share of the squared errors of ``base`` that ``predicted`` does away with, of tasks that both predict; all (n,).

    R² where the base is the mean of the tasks that a prediction may see.
    """
    both = np.isfinite(predicted) & np.isfinite(base)
    left, all_ = (((y - guess)[both] ** 2).sum() for guess in (predicted, base))
    return 1 - left / all_ if all_ > 0 else np.nan


def scores(tasks: pd.DataFrame, name: str, how: str) -> dict[tuple[str, str, str], float]:
    """(quantity, model, term) -> R² of every model, and of each of :data:`NESTED` what it gains over the smaller one.

    ``gain``: share of the smaller one's squared error that it does away with; ``difference``: of R².
    """
    y, parts = response(tasks, name), folds(held_out(tasks, how))
    mean = predict(np.zeros((len(y), 0)), y, parts)
    guesses = {model: predict(design(tasks, terms), y, parts) for model, terms in MODELS.items()}
    r2 = {model: explained(y, guess, mean) for model, guess in guesses.items()}
    found = {("r2", model, ""): value for model, value in r2.items()}
    # Without any fit: ε* is the residual.
    found["r2", "residual as it is", ""] = explained(y, design(tasks, RESIDUAL)[:, 0], mean)
    for model, smaller in NESTED.items():
        found["gain", model, smaller] = explained(y, guesses[model], guesses[smaller])
        found["difference", model, smaller] = r2[model] - r2[smaller]
    return found


def effects(tasks: pd.DataFrame, name: str) -> dict[tuple[str, str, str], float]:
    """Partial effects in the model of all predictors, one standard deviation of each, and the residual's own slope."""
    y, terms = response(tasks, name), MODELS["all"]
    x = design(tasks, terms)
    enough = len(y) >= len(terms) + 1 + SPARE
    values = fit(x, y)[1:] * x.std(axis=0) if enough else np.full(len(terms), np.nan)
    found = {("effect", "all", term): value for term, value in zip(terms, values, strict=True)}
    residual = design(tasks, RESIDUAL)
    slope = fit(residual, y)[1] if len(y) > SPARE else np.nan
    deviations = y - residual[:, 0]
    return found | {
        ("slope", "residual", "lda_error"): slope,
        ("ratio", "residual as it is", ""): np.exp(deviations.mean()) if len(y) else np.nan,
        ("factor", "residual as it is", ""): np.exp(np.sqrt((deviations**2).mean())) if len(y) else np.nan,
    }


def discrimination(tasks: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """How often, of a task that inverts and one that does not, the one that does has the larger residual.

    ``tasks``: all of which the residual is known.
    """
    inverts, residual = tasks["inverts"].to_numpy(bool), tasks["lda_error"].to_numpy(float)
    above, below = residual[inverts][:, None], residual[~inverts]
    pairs = (above > below) + 0.5 * (above == below)
    return {("auc", "residual", "lda_error"): float(pairs.mean()) if pairs.size else np.nan}


def shifts(tasks: pd.DataFrame, column: str) -> dict[tuple[str, str, str], float]:
    """Mean change of log(ε*/residual) from the least to the largest ``column`` of tasks that differ in it alone."""
    values = tasks.assign(log_ratio=response(tasks, "eps_star") - design(tasks, RESIDUAL)[:, 0])
    changes = []
    for _, rows in values.groupby(["data", "classes", "flips" if column == "n_samples" else "n_samples"]):
        ordered = rows.sort_values(column)["log_ratio"].to_numpy()
        if rows[column].nunique() > 1:
            changes.append(ordered[-1] - ordered[0])
    return {("shift", "residual as it is", column): float(np.mean(changes)) if changes else np.nan}


def varied(tasks: pd.DataFrame, column: str) -> pd.DataFrame:
    """Tasks of which there are several that differ in ``column`` alone."""
    same = ["data", "classes", "flips" if column == "n_samples" else "n_samples"]
    return tasks[tasks.groupby(same)[column].transform("nunique") > 1].reset_index(drop=True)


Numbers = Callable[[pd.DataFrame], Mapping[tuple[str, str, str], float]]


def estimated(tasks: pd.DataFrame, numbers: Numbers, **columns: str) -> list[dict]:
    """Rows of the ``tasks_models`` table: each of the ``numbers`` of ``tasks`` with its interval over units."""
    units = units_of(tasks)
    names = np.array(sorted(set().union(*units))) if units else np.array([], str)

    def of(kept: np.ndarray) -> np.ndarray:
        chosen = set(kept.tolist())
        return np.array([*numbers(tasks[[unit <= chosen for unit in units]].reset_index(drop=True)).values()])

    keys = numbers(tasks).keys()
    values = jackknife([names], of) if len(names) else Estimate(*np.full((3, len(keys)), np.nan))
    return [
        {
            **{"response": "", "held_out": "", **columns},
            **dict(zip(("quantity", "model", "term"), key, strict=True)),
            **dict(zip(("value", "ci_low", "ci_high"), estimate, strict=True)),
            "n_tasks": len(tasks),
            "n_units": len(names),
        }
        for key, estimate in zip(keys, np.transpose(values), strict=True)
    ]


def tasks_models(tasks: pd.DataFrame) -> pd.DataFrame:
    """The ``tasks_models`` table of a ``tasks`` table."""
    whole = usable(tasks)
    rows = estimated(tasks[tasks["lda_error"].notna()].reset_index(drop=True), discrimination, response="inverts")
    for name in RESPONSES:
        for how in ("classes", "data"):
            rows += estimated(whole, partial(scores, name=name, how=how), response=name, held_out=how)
        rows += estimated(whole, partial(effects, name=name), response=name)
    for column in ("flips", "n_samples"):
        rows += estimated(varied(whole, column), partial(shifts, column=column), response="eps_star")
    return pd.DataFrame(rows, columns=list(TASKS_MODELS))


def derive(files: Mapping[str, str], subject: Subject) -> pd.DataFrame:
    return tasks_models(read_table(files["tasks"]))
