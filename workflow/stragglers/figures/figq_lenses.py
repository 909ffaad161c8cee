"""Do other lenses see it? Maps of a run, and numbers of all runs, around the inversion; of one dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.lenses import EXPECTED, FACTOR, TIMES
from ..analysis.lenses_maps import MAPS, STATES
from ..support.sealed import read_table
from ..tables.subject import Subject
from .layout import WIDTHS, arrange
from .style import OBSERVABLES, REMOVALS, T_STAR, count, curve_of_runs, entry, rows_axis, styled, ticks, title

LENSES = {
    "distance": "distance D",
    "silhouette": "silhouette",
    "components": "persistence of components",
    "loops": "persistence of loops",
    "participation": "participation ratio",
    "two_nn": "dimension (TwoNN)",
    "mle": "dimension (MLE)",
}
OF_STRAGGLERS = "silhouette_stragglers"
CURVES = LENSES | {OF_STRAGGLERS: "silhouette of stragglers"}
"""Columns of the ``lenses`` table, and what to call them; the last has no turn that is judged."""
MAP_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
STATE_NAMES = {"start": "start", "inversion": T_STAR, "end": "end"}
EXPECTED_LOOK, OTHER_LOOK = ("#000000", "o"), ("#E69F00", "x")
"""Colour and marker of a turn the way that is expected, and the other way."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of one dataset."""

    title: str
    maps: pd.DataFrame
    curves: dict[str, np.ndarray]
    """One of :data:`CURVES` -> its values at :data:`.analysis.lenses.TIMES` (runs, times); NaN beyond its training."""
    turns: pd.DataFrame
    n_points: int
    seeds: int


def at_times(of_epochs: pd.DataFrame, lens: str) -> np.ndarray:
    """A lens of all runs, each at its own t* times :data:`.analysis.lenses.TIMES`."""
    return np.array(
        [
            # The first epoch is t*/8 up to rounding; the last need not come before the end of the training.
            np.interp(TIMES, run["epoch"] / run["t_star"], run[lens], right=np.nan)
            for _, run in of_epochs.groupby("seed")
        ]
    ).reshape(-1, len(TIMES))


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    ((name, text),) = subject.main.items()
    tables = {table: read_table(files[table]) for table in ("lenses", "lenses_turns", "lenses_maps")}
    of_epochs, turns, maps = (table[table["dataset"] == name] for table in tables.values())
    n_points = int(of_epochs["n_points"].max()) if len(of_epochs) else 0
    curves = {lens: at_times(of_epochs, lens) for lens in CURVES}
    return Content(text, maps, curves, turns, n_points, of_epochs["seed"].nunique())


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its rows of panels need, also where one is asked for."""
    if not content.seeds:
        return arrange({}, columns, "No run inverts, so that there is no t* to look around.")[0]
    figure = Figure(figsize=(WIDTHS[max(columns, 2)], 7.4))
    above, below = figure.subfigures(2, 1, height_ratios=(1.35, 1))
    left, right = above.subfigures(1, 2, width_ratios=(1.6, 1))
    axes = left.subplots(len(MAPS), len(STATES))
    for row, kind in zip(axes, MAPS, strict=True):
        for ax, state in zip(row, STATES, strict=True):
            draw_map(ax, content, kind, state)
        row[0].set_ylabel(MAP_NAMES[kind])
    title(axes[0, 0], "a", STATE_NAMES["start"])
    for ax, state in zip(axes[0, 1:], STATES[1:], strict=True):
        title(ax, "", STATE_NAMES[state])
    left.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    turned = right.add_subplot()
    draw_turns(turned, content)
    title(turned, "b", "when each turns", 30)
    panels = below.subplots(2, 4, sharex=True).ravel()
    for number, (ax, lens) in enumerate(zip(panels, CURVES, strict=True)):
        draw_curve(ax, content.curves[lens], REMOVALS["stragglers"][1] if lens == OF_STRAGGLERS else "#000000")
        ax.set_xlabel(f"epoch / {T_STAR}" if number > 3 else "")
        title(ax, "" if number else "c", CURVES[lens], 30)
    return figure


def draw_map(ax: Axes, content: Content, kind: str, state: str) -> None:
    """Panel a: the two groups, and the stragglers among them."""
    points = content.maps[(content.maps["map"] == kind) & (content.maps["state"] == state)]
    straggler, upper = points["straggler"].astype(bool), points["label"] == points["label"].max()
    looks = (
        (~straggler & ~upper, OBSERVABLES["R_minus"][1], ".", "one group"),
        (~straggler & upper, OBSERVABLES["R_plus"][1], ".", "the other"),
        (straggler & ~upper, OBSERVABLES["R_minus"][1], "^", "stragglers of the one"),
        (straggler & upper, OBSERVABLES["R_plus"][1], "^", "stragglers of the other"),
    )
    for chosen, colour, marker, label in looks:
        edge = {"markeredgecolor": "black", "markeredgewidth": 0.5, "markersize": 4.5} if marker == "^" else {}
        look = {"color": colour, "marker": marker, "markersize": 2.5, "markeredgewidth": 0} | edge
        ax.plot(points.loc[chosen, "x"], points.loc[chosen, "y"], linestyle="none", label=label, **look)
    ax.set_xticks([])
    ax.set_yticks([])


def time_axis(ax: Axes) -> None:
    """Epochs in units of t*, in which :data:`.analysis.lenses.TIMES` are."""
    ax.set_xscale("log")
    ax.set_xlim(TIMES[0], TIMES[-1])
    ticks(ax, [0.125, 0.5, 1, 2, 8], {0.125: "1/8", 0.5: "1/2"})
    ax.axvspan(1 / FACTOR, FACTOR, color="0.92", zorder=0)
    ax.axvline(1, color="0.35", linestyle="--", linewidth=0.8, zorder=0)


def draw_curve(ax: Axes, values: np.ndarray, colour: str) -> None:
    """Panel c: single runs, their mean and its 95 % interval."""
    ax.plot(TIMES, values.T, color="0.75", linewidth=0.4)
    curve_of_runs(ax, TIMES, values, colour)
    time_axis(ax)


def draw_turns(ax: Axes, content: Content) -> None:
    """Panel b: each run's turns, and in how many it is at the inversion the way that is expected."""
    time_axis(ax)
    for row, lens in enumerate(LENSES):
        turns = content.turns[content.turns["lens"] == lens]
        expected = turns["expected"].astype(bool)
        for chosen, shift, (colour, marker) in ((expected, -0.12, EXPECTED_LOOK), (~expected, 0.12, OTHER_LOOK)):
            ratios = turns.loc[chosen, "ratio"].dropna()
            ax.plot(ratios, np.full(len(ratios), row + shift), marker, color=colour, markersize=3, alpha=0.6)
        count(ax, row, int(turns.loc[expected, "at_inversion"].sum()), content.seeds)
    names = [f"{LENSES[lens]}, {turn}." for lens, turn in EXPECTED.items()]
    locator = ax.xaxis.get_major_locator()
    rows_axis(ax, names, 14)
    ax.xaxis.set_major_locator(locator)
    ax.set_xlabel(f"epoch of the turn / {T_STAR}")
    entry(ax, "the way expected", *EXPECTED_LOOK)
    entry(ax, "the other way", *OTHER_LOOK)
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.14), frameon=False, ncols=2)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    expected = content.turns[content.turns["expected"].astype(bool)]
    return {
        "title": content.title,
        "n_runs": content.seeds,
        "n_points": content.n_points,
        "n_stragglers": int(content.maps.query("map == 'pca' and state == 'end'")["straggler"].sum()),
        "seed": content.maps["seed"].min(),
        "factor": FACTOR,
        "shares": {LENSES[lens]: int(expected.loc[expected["lens"] == lens, "at_inversion"].sum()) for lens in LENSES},
    }
