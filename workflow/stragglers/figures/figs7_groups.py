"""Fig. S7: of more than two groups, where the radius of each and the distance of each pair turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
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
from .layout import Panel, arrange, letters
from .style import INVERSION_ERROR, interval, inverted_count, mark, rows_axis, runs, styled

LEAST_SHARE = 0.5
"""Of the runs that must turn for a pair's mean to be drawn."""
ABSENT = "no runs of the reference network"
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


def panels(content: Content) -> dict[str, Panel]:
    """Those of more than two groups, of which some turn."""
    if not content.groups:
        return {}
    height = 0.3 + 0.22 * len(content.groups)
    found = {
        "radii": Panel(
            partial(draw_radii, content=content), f"{content.title}: radius of each group", height=height, rigid=True
        )
    }
    if distance_matrix(content).notna().any(axis=None):
        text = "ε* at the distance of each pair"
        found["distances"] = Panel(partial(draw_distances, content=content), text, height=height, rigid=True)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    otherwise = (
        f"{content.title}: two groups, which figure 1 shows." if len(content.means) else f"{content.title}: {ABSENT}."
    )
    return arrange(panels(content), columns, otherwise)[0]


def draw_radii(ax: Axes, content: Content) -> None:
    """ε* of each group's radius, runs, mean and 95 % interval; dashed, that of all groups."""
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
    """The matrix, grey where less than half the runs turn."""
    matrix = distance_matrix(content)
    text = (100 * matrix).map(lambda value: f"{value:.1f}" if np.isfinite(value) else "")
    sns.heatmap(
        100 * matrix,
        ax=ax,
        cmap="viridis",
        square=True,
        annot=text if len(matrix) <= ANNOTATED else None,
        fmt="",
        annot_kws={"fontsize": 6},
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
        "letters": letters(panels(content)),
        "title": content.title,
        "observable": content.observable,
        "n_runs": content.means["seed"].nunique(),
        "n_groups": len(content.groups),
        "radii": turning(content.radii, ["class_a"]),
        "pairs": turning(content.distances, ["class_a", "class_b"]),
        "n_inverted": len(of_all),
        "error": mean_interval(of_all),
    }
