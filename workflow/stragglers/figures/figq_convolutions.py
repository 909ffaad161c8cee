"""Do convolutional networks invert? Layer by layer; what would have been found; and where flips are fitted."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..analysis.planted_turns import found_in_most
from ..study.cell import REFERENCE
from ..support.sealed import read_table
from ..tables.rows import mean_interval, rows_of
from ..tables.subject import Subject
from .layout import WIDTHS
from .style import MARKERS, curve, entry, epoch_axis, interval, note, plain_log_ticks, rows_axis, series, styled, title

CURVES = ("tanh", "relu")
"""Networks whose curves are drawn; where there are none of these, that of the others but the reference, two at most."""
LINES = ("-", (0, (3, 1)))
LEVEL = 0.1
"""Training error at which the turns of panel c are planted."""
MOMENTS = {"inversion": "D turns (layer 1)", "share": "ε = flips' share", "end": "end of training"}
FLIPS = {
    "precision": "flips among the misclassified",
    "flips_error": "flips misclassified",
    "clean_error": "clean points misclassified",
}
"""Columns of ``convolutions_flips`` that are drawn -> what to call them."""


@dataclass(frozen=True)
class Content:
    """What the figure shows, by the datasets' names."""

    subject: Subject
    turns: pd.DataFrame
    """``convolutions``, of runs that did not diverge."""
    power: pd.DataFrame
    curves: pd.DataFrame
    flips: pd.DataFrame

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Networks and optimisers in the study's order, the reference first."""
        here = set(map(tuple, self.turns[["network", "optimizer"]].to_numpy()))
        return [cell for cell in product(self.subject.networks, self.subject.optimizers) if cell in here]

    @property
    def drawn(self) -> dict[str, Any]:
        """Networks whose curves are drawn -> the style of their lines."""
        others = [network for network, _ in self.cells if network != REFERENCE["network"]]
        return dict(zip([name for name in CURVES if name in others] or dict.fromkeys(others), LINES, strict=False))

    def of(self, table: pd.DataFrame, dataset: str, network: str, optimizer: str, **values: Any) -> pd.DataFrame:
        return rows_of(table, {"dataset": dataset, "network": network, "optimizer": optimizer} | values)


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    turns, *others = (
        read_table(files[table])
        for table in ("convolutions", "convolutions_power", "convolutions_curves", "convolutions_flips")
    )
    return Content(subject, turns[turns["diverged_at"].isna()], *others)


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its panels need, also where one is asked for."""
    rows, with_flips = len(content.cells), not content.flips.empty
    heights = (2.9, 0.75 + 0.32 * rows, 2.5)
    figure = Figure(figsize=(WIDTHS[max(columns, 2)], sum(heights)))
    above, middle, below = figure.subfigures(3, 1, height_ratios=heights)
    datasets = content.subject.main.items()
    panels = above.subplots(2, len(datasets), sharex=True, sharey="row", squeeze=False)
    for ax, letter, (name, text) in zip(panels[0], ["a"] + [""] * len(datasets), datasets, strict=False):
        draw_curves(ax, content, name, "D")
        title(ax, letter, text, 24)
    for ax, name in zip(panels[1], content.subject.main, strict=True):
        draw_curves(ax, content, name, "R")
        epoch_axis(ax)
    for (left, *_), observable in zip(panels, ("D", "R"), strict=True):
        left.set_ylabel(f"change of {observable},\nlargest = 1")
    named = {label: line for ax in above.axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    above.legend(named.values(), named, loc="outside lower center", ncols=6, frameon=False)
    draw_grid(middle.subplots(), content)
    c, *rest = below.subplots(1, 1 + with_flips, squeeze=False)[0]
    draw_depths(c, content)
    title(c, "c", "depth of turns of D, and what would have been found", 60 if not with_flips else 36)
    below.legend(*c.get_legend_handles_labels(), loc="outside lower left", ncols=3, frameon=False)
    for d in rest:
        draw_flips(d, content)
        title(d, "d", "planted flips", 36)
        below.legend(*d.get_legend_handles_labels(), loc="outside lower right", frameon=False)
    return figure


def draw_curves(ax: Axes, content: Content, name: str, observable: str) -> None:
    """Panel a: the change of an observable since the start, over its largest, at each layer against the epoch."""
    for network, style in content.drawn.items():
        rows = content.of(content.curves, name, network, REFERENCE["optimizer"], observable=observable)
        for number, (layer, runs) in enumerate(rows.groupby("layer_name", sort=False)):
            over_runs = runs.groupby("epoch")["value"].apply(mean_interval)
            means = pd.DataFrame(over_runs.tolist(), over_runs.index)
            bounds = (means[bound].fillna(means["value"]) for bound in ("low", "high"))
            label = f"{content.subject.networks[network]}, {layer}"
            curve(ax, means.index, means["value"], *bounds, series(number)[0], label, linestyle=style)
    ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    ax.set_xlim(left=1)


def layers_of(content: Content, name: str) -> list[int]:
    return sorted(content.turns.loc[content.turns["dataset"] == name, "layer"].unique())


def names_of_layers(content: Content) -> dict[int, str]:
    """Layer -> its name if all networks call their layers alike, else its number."""
    named = content.turns[["layer", "layer_name"]].drop_duplicates().set_index("layer")["layer_name"]
    return named.to_dict() if named.index.is_unique else {layer: str(layer) for layer in named.index}


def draw_grid(ax: Axes, content: Content) -> None:
    """Panel b: how many runs turn at each layer, and at what training error."""
    title(ax, "b", "runs whose D turns, layer by layer, and ε* there", 60)
    places = [(name, layer) for name in content.subject.main for layer in layers_of(content, name)]
    names = names_of_layers(content)
    for row, (network, optimizer) in enumerate(content.cells):
        for column, (name, layer) in enumerate(places):
            runs = content.of(content.turns, name, network, optimizer, layer=layer, observable="D")
            if len(runs):
                draw_cell(ax, row, column, runs)
    ax.set_xlim(-0.5, len(places) - 0.5)
    ax.set_yticks(range(len(content.cells)), [content.subject.cell(*cell) for cell in content.cells])
    ax.set_ylim(len(content.cells) - 0.5, -0.5)
    ax.set_xticks(range(len(places)), [names[layer] for _, layer in places])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for name, title_of in content.subject.main.items():
        own = [column for column, (each, _) in enumerate(places) if each == name]
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center", "va": "top"}
        ax.annotate(textwrap.fill(f"layer, {title_of}", 24), (np.mean(own), 0), (0, -14), **where)


def draw_cell(ax: Axes, row: int, column: int, runs: pd.DataFrame) -> None:
    """One layer of a network: filled as far as its runs turn, with their number and ε*."""
    found = runs[runs["found"]]
    colour = series(0)[0]
    look = {"facecolor": (*colour, 0.55 * len(found) / len(runs)), "edgecolor": "0.8", "linewidth": 0.5}
    ax.add_patch(Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, **look))
    at = f"\n{found['train_error'].mean():.3f}".replace("0.", ".") if len(found) else ""
    ax.text(column, row, f"{len(found)}/{len(runs)}{at}", ha="center", va="center", fontsize=6.5)


def depths(content: Content, name: str) -> Iterator[tuple[str, int, float, bool]]:
    """Network, layer, depth, and whether it is that of a turn, or (full batches) what would have been found."""
    for network in content.subject.networks:
        turns = content.of(content.turns, name, network, REFERENCE["optimizer"], observable="D")
        power = content.of(content.power, name, network, REFERENCE["optimizer"], observable="D", planted_error=LEVEL)
        for layer, runs in turns.groupby("layer"):
            if runs["found"].mean() > 0.5:
                yield network, layer, float(runs["depth"].mean()), True
            elif len(own := power[power["layer"] == layer]):
                yield network, layer, found_in_most(own["least"]), False


def draw_depths(ax: Axes, content: Content) -> None:
    """Panel c: filled, how deep the turns of a layer are; hollow, what would have been found in 80 % of the runs."""
    for row, name in enumerate(content.subject.main):
        found = list(depths(content, name))
        for network, layer, depth, turned in found:
            number = list(content.subject.networks).index(network)
            y = row + 0.7 * (number / max(1, len(content.subject.networks) - 1) - 0.5)
            colour = "black" if network == REFERENCE["network"] else series(layer - 1)[0]
            shown = min(depth, 0.6)
            ax.plot(
                shown,
                y,
                linestyle="none",
                color=colour,
                marker=MARKERS[number % len(MARKERS)],
                markerfacecolor=colour if turned else "white",
                markersize=4,
            )
    here = {network for network, _ in content.cells}
    for number, (network, text) in enumerate(content.subject.networks.items()):
        if network in here:
            entry(ax, text, "0.4", MARKERS[number % len(MARKERS)])
    ax.set_xscale("log")
    rows_axis(ax, list(content.subject.main.values()), 24)
    ax.set_xlim(0.0008, 0.8)
    plain_log_ticks(ax.xaxis)
    ax.set_xlabel("fall of D over its value at the turn")


def draw_flips(ax: Axes, content: Content) -> None:
    """Panel d: who is misclassified where the error falls to the flips' share, and at the turn; means over runs."""
    flips = content.flips
    labels = []
    for (dataset, moment), network in product(
        ((name, moment) for name in content.subject.main for moment in MOMENTS), content.subject.networks
    ):
        rows = content.of(flips, dataset, network, REFERENCE["optimizer"], moment=moment)
        if rows["epoch"].notna().any():
            for number, column in enumerate(FLIPS):
                interval(ax, len(labels) + 0.2 * (number - 1), mean_interval(rows[column]), *series(number))
            labels.append(f"{content.subject.networks[network]}, {MOMENTS[moment]}")
    if not labels:
        return note(ax, "no run comes to these moments")
    for number, text in enumerate(FLIPS.values()):
        entry(ax, text, *series(number))
    rows_axis(ax, labels, 40)
    ax.axvline(flips["share"].mean(), color="0.5", linewidth=0.8, linestyle=":", zorder=0)
    ax.set_xlim(-0.02, 1.02)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    distance = content.turns[content.turns["observable"] == "D"]
    convolved = distance[distance["network"] != REFERENCE["network"]]
    conv = convolved[~convolved["layer_name"].str.startswith("dense")]
    return {
        "n_runs": int(distance.groupby(["dataset", "network", "optimizer", "layer"]).size().max()),
        "n_conv": len(conv),
        "n_conv_turned": int(conv["found"].sum()),
        "level": LEVEL,
    }
