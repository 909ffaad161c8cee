"""Why does it turn? What the stragglers and the other points add to D, and linear networks from smaller weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.rows import mean_interval
from ..tables.subject import Subject
from .layout import WIDTHS
from .style import (
    OBSERVABLES,
    REMOVALS,
    curve_of_runs,
    entry,
    interval,
    inverted_count,
    note,
    reach,
    rows_axis,
    series,
    styled,
    ticks,
    title,
)

TIMES = np.geomspace(1 / 4, 4, 81)
"""Of t*, at which contributions are drawn."""
MEASURES = {
    "pull": ("share of what lowers D at t*", "o"),
    "overlap": ("Jaccard index with what lowers it most", "s"),
    "against": ("share of epochs to t* that they lower D", "D"),
}
"""What is measured of the stragglers, by columns of ``ledger_runs``."""
SCALED = {"depth": "1 - D / its maximum, at the end", "deviation": "|D - 2 (1 - ε₊ - ε₋)|, largest"}
"""What is shown of linear networks by scale, by columns of ``vanishing``."""
LINES = {
    "stragglers": ("stragglers", REMOVALS["stragglers"][1], "-"),
    "others": ("other points", OBSERVABLES["R_minus"][1], "-"),
    "all": ("all points", "#000000", "-"),
    "without": ("others, learning without stragglers", OBSERVABLES["R_plus"][1], "--"),
}
"""Which points learn, or are learned from -> what to call them, their colour and the style of their line."""


@dataclass(frozen=True)
class Content:
    """What the figure shows, by the datasets' names."""

    titles: dict[str, str]
    contributions: dict[str, dict[str, np.ndarray]]
    """Dataset -> each of :data:`LINES` -> what it adds at :data:`TIMES` over the others at t*: (runs, times)."""
    runs: pd.DataFrame
    """``ledger_runs``."""
    linear: pd.DataFrame
    """``vanishing``."""


def in_units_of_the_inversion(ledger: pd.DataFrame, runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Contributions of one dataset's runs that invert, each at its own t* times :data:`TIMES`."""
    lines: dict[str, list[np.ndarray]] = {name: [] for name in LINES}
    at_inversion = runs[(runs["removed"] == "none") & runs["epoch"].notna()].set_index("seed")["epoch"]
    for seed, epoch in at_inversion.items():
        of_seed = {
            removed: rows.set_index("epoch") for removed, rows in ledger[ledger["seed"] == seed].groupby("removed")
        }
        untouched, without = of_seed["none"], of_seed["stragglers"]
        unit = untouched.loc[epoch, "others"]

        def at(values: pd.Series, epoch: int = epoch, unit: float = unit) -> np.ndarray:
            return np.interp(TIMES * epoch, values.index, values / unit, right=np.nan)

        lines["stragglers"].append(at(untouched["stragglers"]))
        lines["others"].append(at(untouched["others"]))
        lines["all"].append(at(untouched["stragglers"] + untouched["others"]))
        lines["without"].append(at(without["others"]))
    return {name: np.array(values).reshape(-1, len(TIMES)) for name, values in lines.items()}


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    ledger, runs, linear = (read_table(files[table]) for table in ("ledger", "ledger_runs", "vanishing"))
    contributions = {
        name: in_units_of_the_inversion(ledger[ledger["dataset"] == name], runs[runs["dataset"] == name])
        for name in subject.main
    }
    return Content(subject.main, contributions, runs, linear)


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its rows of panels need, also where one is asked for."""
    figure = Figure(figsize=(WIDTHS[max(columns, 2)], 5.2))
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    for number, (ax, name) in enumerate(
        zip(above.subplots(1, len(content.titles), sharey=True, squeeze=False)[0], content.titles, strict=True)
    ):
        draw_contributions(ax, content, name)
        title(ax, "" if number else "a", content.titles[name], 26)
        if not number:
            ax.set_ylabel("added to D an epoch\n(others at t* = 1)")
    named = {label: line for ax in above.axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    above.legend(named.values(), named, loc="outside lower center", ncols=4, frameon=False)
    b, c, d = below.subplots(1, 3, width_ratios=(1, 1, 1))
    draw_stragglers(b, content)
    title(b, "b", "stragglers at t*", 30)
    draw_by_scale(c, content, "depth")
    title(c, "c", "linear: fall of D", 34)
    draw_by_scale(d, content, "deviation")
    title(d, "d", "linear: off the theory", 34)
    below.legend(*b.get_legend_handles_labels(), loc="outside lower left", frameon=False)
    below.legend(*c.get_legend_handles_labels(), loc="outside lower right", frameon=False, ncols=2)
    return figure


def draw_contributions(ax: Axes, content: Content, name: str) -> None:
    """Panel a: mean over runs and its 95 % interval, against the epoch over t*."""
    lines = content.contributions[name]
    if not len(lines["all"]):
        return note(ax, "no run inverts")
    for key, (label, colour, style) in LINES.items():
        curve_of_runs(ax, TIMES, lines[key], colour, label, linestyle=style)
    ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    ax.axvline(1, color="0.35", linestyle="--", linewidth=0.8, zorder=0)
    ax.set_xscale("log")
    ticks(ax, [0.25, 0.5, 1, 2, 4])
    ax.set_xlabel("epoch / t*")
    # What matters is where the two cancel: early on all learn at once.
    ax.set_ylim(-1.6, 3)


def draw_stragglers(ax: Axes, content: Content) -> None:
    """Panel b: means over runs and 95 % intervals, by dataset."""
    for row, name in enumerate(content.titles):
        of_dataset = content.runs[(content.runs["dataset"] == name) & (content.runs["removed"] == "none")]
        for number, (column, (_, marker)) in enumerate(MEASURES.items()):
            interval(ax, row + 0.22 * (number - 1), mean_interval(of_dataset[column]), series(number)[0], marker)
        ax.plot(of_dataset["overlap_chance"].mean(), row, "|", color="0.5")
        inverted_count(ax, row, int(of_dataset["epoch"].notna().sum()), len(of_dataset))
    for number, (label, marker) in enumerate(MEASURES.values()):
        entry(ax, label, series(number)[0], marker)
    entry(ax, "Jaccard index by chance", "0.5", "|")
    rows_axis(ax, list(content.titles.values()), 14)
    ax.set_xlim(0, 1.04)


def by_scale(content: Content, name: str, column: str) -> tuple[list[float], list[Estimate], list[float]]:
    """Scales of one dataset's linear networks; of each the mean of ``column`` over runs, and the share that inverts."""
    of_dataset = content.linear[content.linear["dataset"] == name].groupby("scale")
    return (
        list(of_dataset.groups),
        [mean_interval(rows[column]) for _, rows in of_dataset],
        [float(rows["found"].mean()) for _, rows in of_dataset],
    )


def draw_by_scale(ax: Axes, content: Content, column: str) -> None:
    """Mean of ``column`` and its interval against the scale; hollow where less than half the runs invert."""
    for number, (name, text) in enumerate(content.titles.items()):
        color, marker = series(number)
        scales, estimates, shares = by_scale(content, name, column)
        ax.plot(scales, [each.value for each in estimates], color=color, linewidth=0.8)
        for scale, estimate, share in zip(scales, estimates, shares, strict=True):
            face = color if share >= 0.5 else "white"
            look = {"color": color, "marker": marker, "markerfacecolor": face, "capsize": 1.5}
            ax.errorbar(scale, estimate.value, yerr=reach(estimate), **look)
        entry(ax, text, color, marker)
    ax.set_xscale("log")
    ticks(ax, sorted(content.linear["scale"].unique()))
    ax.set_xlabel("scale of the initial weights")
    ax.set_ylabel(SCALED[column])
    ax.set_ylim(bottom=0)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    untouched = content.runs[content.runs["removed"] == "none"]
    without = content.runs[content.runs["removed"] != "none"]
    smallest = content.linear[content.linear["scale"] == content.linear["scale"].min()]
    return {
        "n_runs": untouched.groupby("dataset").size().max(),
        "n_inverted": int(untouched["epoch"].notna().sum()),
        "n_all": len(untouched),
        "correlation": untouched["correlation"].min(),
        "n_without": len(without),
        "n_without_turn": int(without["crossing"].notna().sum()),
        "scale": smallest["scale"].max(),
        "n_smallest": len(smallest),
        "n_smallest_inverted": int(smallest["found"].sum()),
        "deviation": smallest["deviation"].max(),
    }
