"""What sets φ? ε* of many tasks beside what foretells it, how well, and the tasks for which it does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.subject import Subject
from .layout import WIDTHS
from .style import INVERSION_ERROR, entry, interval, note, plain_log_ticks, rows_axis, series, styled, title

KINDS = {"pair": ("pair of classes", "o"), "one_vs_rest": ("one against the rest", "^"), "groups": ("split", "s")}
"""What the ``tasks`` table's ``kind`` says -> name, marker."""
JUDGED = {
    "residual as it is": "the residual, no fit",
    "residual": "linear discriminant's residual",
    "logistic": "logistic regression's residual",
    "test": "its test error",
    "size": "size: P per feature, balance",
    "dimension": "intrinsic dimension",
    "geometry": "Fisher ratio, distance between groups",
    "linear": "residuals, test error and size",
    "linear and dimension": "these and intrinsic dimension",
    "all": "everything",
}
"""Models whose R² is shown -> name."""
SHOWN = {
    ("eps_star", "classes"): ("ε*, unseen classes", 0, "o"),
    ("eps_star", "data"): ("ε*, unseen data", 1, "s"),
    ("phi_c", "classes"): ("φ_c, unseen classes", 2, "D"),
}
"""Response and what is held out -> name, number of the colour, marker."""
TERMS = {
    "lda_error": "discriminant's residual",
    "logistic_error": "logistic residual",
    "logistic_test_error": "logistic test error",
    "minority": "share of the smaller group",
    "points_per_feature": "P per feature",
    "two_nn": "dimension, TwoNN",
    "mle": "dimension, MLE",
    "fisher": "Fisher ratio",
    "nearest_other": "distance between groups",
}
N_FAILURES = 10
"""Tasks that are named."""


@dataclass(frozen=True)
class Content:
    """What the figure shows: the tables of the question."""

    tasks: pd.DataFrame
    models: pd.DataFrame
    predicted: pd.DataFrame

    @property
    def data(self) -> list[str]:
        return list(self.tasks["data"].unique())

    def colour(self, data: str) -> tuple[float, float, float]:
        return series(self.data.index(data))[0]

    def number(self, **where: str) -> Estimate:
        rows = self.models[(self.models[[*where]] == pd.Series(where)).all(axis=1)]
        return (
            Estimate(*rows[["value", "ci_low", "ci_high"]].to_numpy(float)[0]) if len(rows) else Estimate(*[np.nan] * 3)
        )

    @property
    def failures(self) -> pd.DataFrame:
        """The tasks for which the residual foretells ε* worst, the worst first."""
        rows = self.predicted.query("response == 'eps_star' and model == 'residual'")
        return rows[rows["ratio"].notna()].head(N_FAILURES)


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    return Content(*(read_table(files[table]) for table in ("tasks", "tasks_models", "tasks_predicted")))


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its rows of panels need, also where one is asked for."""
    figure = Figure(figsize=(WIDTHS[max(columns, 2)], 6.4))
    (a, b), (d, c) = figure.subplots(2, 2, width_ratios=(1, 1.05), height_ratios=(1.15, 1))
    draw_tasks(a, content)
    title(a, "a", "tasks", 40)
    draw_models(b, content)
    title(b, "b", "how well it is foretold", 40)
    draw_effects(c, content)
    title(c, "d", "partial effects", 40)
    draw_failures(d, content)
    title(d, "c", "where the residual fails", 40)
    return figure


def draw_tasks(ax: Axes, content: Content) -> None:
    """Panel a: ε* against the residual, a point a task; hollow where labels were flipped."""
    tasks = content.tasks[content.tasks["inverts"].astype(bool)]
    if tasks.empty:
        return note(ax, "no task inverts")
    half = 0.5 / tasks["n_samples"]
    x, y = np.maximum(tasks["lda_error"], half), np.maximum(tasks["eps_star"], half)
    for (data, kind, flipped), rows in tasks.groupby(["data", "kind", tasks["flips"] > 0], sort=False):
        color = content.colour(data)
        look = {"color": color, "marker": KINDS[kind][1], "markerfacecolor": "white" if flipped else color}
        ax.plot(x[rows.index], y[rows.index], linestyle="none", markersize=3.5, alpha=0.8, markeredgewidth=0.6, **look)
    ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())]) * [0.8, 1.25]
    ax.plot(ends, ends, color="0.6", linewidth=0.7, zorder=0)
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    for axis in (ax.xaxis, ax.yaxis):
        plain_log_ticks(axis)
    ax.set(xlabel="training error of a linear discriminant", ylabel=INVERSION_ERROR)
    for data in content.data:
        entry(ax, data, content.colour(data), "o")
    for kind in tasks["kind"].unique():
        entry(ax, KINDS[kind][0], "0.35", KINDS[kind][1])
    ax.legend(loc="upper left", frameon=False)


def draw_models(ax: Axes, content: Content) -> None:
    """Panel b: R² of each model on tasks that it has not seen, with its 95 % interval."""
    for place, ((response, held_out), (text, colour, marker)) in enumerate(SHOWN.items()):
        found = [content.number(quantity="r2", model=model, response=response, held_out=held_out) for model in JUDGED]
        for row, estimate in enumerate(found):
            interval(ax, row + 0.24 * (place - 1), clipped(estimate), series(colour)[0], marker)
        # Of one data, nothing can be said of others.
        if np.isfinite([estimate.value for estimate in found]).any():
            entry(ax, text, series(colour)[0], marker)
    rows_axis(ax, list(JUDGED.values()), 24)
    ax.set(xlabel="R² of the logarithm", xlim=(-0.25, 1.02), xticks=[0, 0.25, 0.5, 0.75, 1])
    ax.axvline(0, color="0.6", linewidth=0.6, zorder=0)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.14), ncols=3, frameon=False, columnspacing=0.8)


def clipped(estimate: Estimate) -> Estimate:
    """An R² below the axis stands at its edge."""
    return Estimate(*np.maximum(estimate, -0.24))


def draw_effects(ax: Axes, content: Content) -> None:
    """Panel d: factor of ε* for one standard deviation of each predictor, all others the same."""
    estimates = [content.number(quantity="effect", term=term, response="eps_star") for term in TERMS]
    if not np.isfinite([each.value for each in estimates]).any():
        return note(ax, "too few tasks invert")
    for row, estimate in enumerate(estimates):
        interval(ax, row, estimate, "#000000")
    ax.axvline(0, color="0.6", linewidth=0.6, zorder=0)
    rows_axis(ax, list(TERMS.values()), 26)
    ax.set_xlabel("change of log ε* per standard deviation")


def draw_failures(ax: Axes, content: Content) -> None:
    """Panel c: observed over predicted ε* of the tasks for which the residual is worst."""
    rows = content.failures
    if rows.empty:
        return note(ax, "no task is foretold")
    for number, row in enumerate(rows.itertuples()):
        ax.plot([1, row.ratio], [number, number], color="0.8", linewidth=1, zorder=0)
        ax.plot(row.ratio, number, KINDS[row.kind][1], color=content.colour(row.data), markersize=4)
    rows_axis(ax, list(rows["name"]), 30)
    ax.axvline(1, color="0.6", linewidth=0.6, zorder=0)
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    ax.set_xlabel("ε* over what the residual foretells")
    ax.tick_params(axis="y", labelsize=6)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    (first, *_), inverted = [*content.tasks["n_runs"], 0], content.tasks["inverts"].astype(bool)
    return {
        "n_runs": int(first),
        "n_tasks": len(content.tasks),
        "n_inverted": int(inverted.sum()),
        "counts": {data: len(rows) for data, rows in content.tasks.groupby("data", sort=False)},
        "flipped": bool((content.tasks["flips"] > 0).any()),
        "r2": tuple(content.number(quantity="r2", model="residual", response="eps_star", held_out="classes")),
        "gain": tuple(
            content.number(quantity="gain", model="linear and dimension", response="eps_star", held_out="classes")
        ),
        "n_failures": len(content.failures),
    }
