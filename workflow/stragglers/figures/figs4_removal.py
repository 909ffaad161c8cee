"""Fig. S4: what each kind of removal does to the inversion and to the test error, clean and noisy."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.removal import ratio_of
from ..study.cell import REFERENCE
from ..tables.rows import read
from ..tables.subject import Subject
from .layout import TALLEST, WIDTHS, arrange
from .style import REMOVALS, count, entry, interval, rows_axis, series, styled, title

SIDE_BY_SIDE = {1: 2, 2: 3}
"""Columns that the figure spans -> cells in a row."""
NOTHING = "No run of this study was repeated without points."
KINDS = ("random", "uniform", "top_stragglers", "stragglers", "other_seed", "consensus")
"""Values of ``removed`` that are compared with ``none``."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of all retrained networks and optimisers on main datasets."""

    subject: Subject
    ablation: pd.DataFrame
    """Rows of ``ablation`` on main datasets, without ``misclassified_at``."""

    @property
    def cells(self) -> list[tuple[str, pd.DataFrame]]:
        """Title of each cell, and its rows."""
        parts = self.ablation.groupby(["dataset", "network", "optimizer"], sort=False, observed=True)
        return [(self.called(*names), rows) for names, rows in parts]

    def called(self, dataset: str, network: str, optimizer: str) -> str:
        """A cell by its dataset and, if it is another, by what sets it apart from the reference."""
        reference = {"network": network, "optimizer": optimizer} == REFERENCE
        others = [] if reference else [self.subject.cell(network, optimizer)]
        return ", ".join([self.subject.main[dataset], *others])

    @property
    def sigmas(self) -> list[float]:
        return sorted(self.ablation["sigma"].unique())


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    address = ["dataset", "network", "optimizer", "seed"]
    ablation = read(
        files["ablation"],
        [*address, "removed", "draw", "n_removed", "sigma", "test_error", "inversion_found"],
        dataset=list(subject.main),
        removed=["none", *KINDS],
        diverged_at=None,
    )
    return Content(subject, ablation)


def removals_of(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name of a removal -> its rows of a cell; those of fractions one by one."""
    found = {}
    for kind in KINDS:
        of_kind = rows[rows["removed"] == kind]
        if kind != "top_stragglers":
            found[REMOVALS[kind][0]] = of_kind
            continue
        whole = rows.loc[rows["removed"] == "stragglers"].groupby("seed")["n_removed"].first()
        for _, of_fraction in of_kind.groupby("draw"):
            fraction = (of_fraction["n_removed"] / of_fraction["seed"].map(whole)).mean()
            found[f"{100 * fraction:.0f} % of stragglers"] = of_fraction
    return {name: of_kind for name, of_kind in found.items() if len(of_kind)}


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    cells = content.cells
    names = list(dict.fromkeys(name for _, rows in cells for name in removals_of(rows)))
    if not names:
        return arrange({}, columns, NOTHING)[0]
    n_columns = min(SIDE_BY_SIDE[columns], len(cells))
    n_rows = -(-len(cells) // n_columns)
    width = WIDTHS[columns] * max(n_columns / SIDE_BY_SIDE[columns], 1 / columns)
    figure = Figure(figsize=(width, min(0.6 + n_rows * (0.55 + 0.18 * len(names)), TALLEST)))
    axes = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).ravel()
    for ax, letter, (text, rows) in zip(axes, string.ascii_lowercase, cells, strict=False):
        draw_cell(ax, rows, names, content.sigmas)
        title(ax, letter, text, int(9 * width / n_columns))
    for ax in axes[len(cells) :]:
        ax.set_axis_off()
    for number, sigma in enumerate(content.sigmas):
        entry(axes[0], f"test noise σ = {sigma:g}" if sigma else "clean test data", *series(number))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2 * columns)
    for ax in axes[max(0, len(cells) - n_columns) : len(cells)]:
        ax.set_xlabel("test error relative to\nnothing removed")
    return figure


def draw_cell(ax: Axes, rows: pd.DataFrame, names: list[str], sigmas: list[float]) -> None:
    """A row a removal: ratio of test errors by noise, and how many of the retrained runs inverted."""
    ax.axvline(1, color="0.6", linewidth=0.8, zorder=0)
    nothing = rows[rows["removed"] == "none"]
    for name, of_kind in removals_of(rows).items():
        row = names.index(name)
        for number, sigma in enumerate(sigmas):
            both = pd.concat([part[part["sigma"] == sigma] for part in (nothing, of_kind)])
            ratio = ratio_of(both, of_kind["removed"].iloc[0], "none").estimate
            shift = 0.7 * ((number + 0.5) / len(sigmas) - 0.5)
            interval(ax, row + shift, ratio, *series(number))
        found = of_kind.loc[of_kind["sigma"] == 0, "inversion_found"].astype(bool)
        count(ax, row, int(found.sum()), len(found))
    rows_axis(ax, names, 24)
    # Where nothing changes has a tick.
    low, high = ax.get_xlim()
    step = (high - 1 if high - 1 > 1 - low else 1 - low) * 0.45
    places = 1 + np.arange(-4, 5) * float(f"{max(step, 1e-3):.1g}")
    ax.set_xticks([place for place in places if low <= place <= high])
    ax.annotate("inverted", (1.01, -0.75), xycoords=("axes fraction", "data"), va="center", fontsize=6, color="0.35")


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    seeds = [rows["seed"].nunique() for _, rows in content.cells]
    return {
        "n_cells": len(content.cells),
        "n_seeds": (min(seeds), max(seeds)) if seeds else None,
        "sigmas": [f"{sigma:g}" for sigma in content.sigmas if sigma],
    }
