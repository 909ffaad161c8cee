"""Fig. S7: of more than two groups, where the radius of each and the distance of each pair turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..geometry.manifolds import D, R
from ..study.cell import REFERENCE
from ..tables.rows import COMPLETE, defining_by_network, inverted, mean_interval, read
from ..tables.subject import Subject
from .style import ABSENT, INVERSION_ERROR, WIDTH, interval, inverted_count, mark, note, rows_axis, runs, styled, title

LEAST_SHARE = 0.5
"""Of the runs that must turn for a pair's mean to be drawn."""
ANNOTATED = 12
"""Most groups of a matrix whose cells can hold a number of a legible size."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of the reference runs on one dataset, at the defining layer."""

    title: str
    observable: str
    means: pd.DataFrame
    """Rows of ``inversion`` of all groups."""
    radii: pd.DataFrame
    """Those of the radius of one group, ``class_a``."""
    distances: pd.DataFrame
    """Those of the distance of two, ``class_a`` and ``class_b``."""

    @property
    def groups(self) -> list[str]:
        return list(self.radii["class_a"].unique())


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    ((main, text),) = subject.main.items()
    columns = ["network", "layer", "seed", "observable", "class_a", "class_b", "found", "train_error"]
    complete = {name: value for name, value in COMPLETE.items() if name != "class_a"}
    inversion = read(files["inversion"], columns, dataset=main, **complete, **REFERENCE)
    inversion = defining_by_network(inversion, subject.defining)
    of_one, of_two = inversion["class_a"].notna(), inversion["class_b"].notna()
    return Content(
        title=text,
        observable=subject.defining.observable,
        means=inversion[~of_one],
        radii=inversion[of_one & ~of_two],
        distances=inversion[of_two],
    )


@styled
def draw(content: Content) -> Figure:
    figure = Figure(figsize=(WIDTH, np.clip(1.2 + 0.24 * len(content.groups), 2.6, 7)))
    a, b = figure.subplots(1, 2)
    draw_radii(a, content)
    draw_distances(b, content)
    title(a, "a", f"{content.title}: radius of each group", 44)
    title(b, "b", "ε* at the distance of each pair", 48)
    return figure


def draw_radii(ax: Axes, content: Content) -> None:
    """Panel a: ε* of each group's radius, runs, mean and 95 % interval; dashed, that of all groups."""
    if content.radii.empty:
        return note(ax, "two groups: see figure 1" if len(content.means) else ABSENT)
    for row, group in enumerate(content.groups):
        of_group = content.radii[content.radii["class_a"] == group]
        errors = inverted(of_group, R.name)["train_error"].to_numpy(float)
        runs(ax, row + 0.28, errors, R.colour)
        interval(ax, row, mean_interval(errors), R.colour)
        inverted_count(ax, row, len(errors), len(of_group))
    rows_axis(ax, content.groups)
    ax.set_xlabel(INVERSION_ERROR)
    ax.set_xlim(left=0)
    of_all = inverted(content.means, content.observable)["train_error"]
    if len(of_all):
        mark(ax, of_all.mean())


def distance_matrix(content: Content) -> pd.DataFrame:
    """Mean ε* of each pair's distance, symmetric; NaN where less than half the runs turn."""
    matrix = pd.DataFrame(np.nan, index=content.groups, columns=content.groups)
    for (a, b), rows in content.distances.groupby(["class_a", "class_b"], observed=True):
        if rows["found"].mean() >= LEAST_SHARE:
            matrix.loc[a, b] = matrix.loc[b, a] = inverted(rows, D.name)["train_error"].mean()
    return matrix


def draw_distances(ax: Axes, content: Content) -> None:
    """Panel b: the matrix, grey where less than half the runs turn."""
    matrix = distance_matrix(content)
    if matrix.isna().all(axis=None):
        return note(ax, "no pair turns in half the runs" if len(content.distances) else "")
    text = (100 * matrix).map(lambda value: f"{value:.1f}" if np.isfinite(value) else "")
    sns.heatmap(
        100 * matrix,
        ax=ax,
        cmap="viridis",
        square=True,
        annot=text if len(matrix) <= ANNOTATED else None,
        fmt="",
        annot_kws={"fontsize": 5.5},
        linewidths=0.4,
        linecolor="white",
        cbar_kws={"label": "ε* (% of the training points)", "pad": 0.02},
    )
    ax.set_facecolor("0.88")
    ax.tick_params(length=0)
    ax.tick_params(axis="x", rotation=90)
    ax.tick_params(axis="y", rotation=0)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""

    def turning(rows: pd.DataFrame, by: list[str]) -> tuple[int, int]:
        """In how many cases at least half the runs turn, of how many."""
        share = rows.groupby(by, observed=True)["found"].mean()
        return int((share >= LEAST_SHARE).sum()), len(share)

    of_all = inverted(content.means, content.observable)["train_error"]
    return {
        "title": content.title,
        "observable": content.observable,
        "n_runs": content.means["seed"].nunique(),
        "n_groups": len(content.groups),
        "radii": turning(content.radii, ["class_a"]),
        "pairs": turning(content.distances, ["class_a", "class_b"]),
        "n_inverted": len(of_all),
        "error": mean_interval(of_all),
    }
