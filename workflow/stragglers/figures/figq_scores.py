"""Which points matter? Straggling beside the scores of the field, on the same runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.removal import ratio_of
from ..analysis.score_names import (
    ALL_SCORES,
    LINEAR,
    LINEAR_ONLY,
    ONE_DIRECTION,
    STRAGGLER,
    STRAGGLERS_ONLY,
    TITLES,
)
from ..analysis.score_variance import SHARED
from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.rows import rows_of
from ..tables.subject import Subject
from .layout import WIDTHS
from .style import count, entry, interval, note, rows_axis, series, styled, title

ROWS = {
    **TITLES,
    STRAGGLERS_ONLY: "stragglers, not linear",
    LINEAR_ONLY: "linear, not stragglers",
    "random": "random points",
}
COMPONENTS = dict(zip(SHARED, (("all networks", "#0072B2"), ("architecture", "#E69F00"), ("run", "0.8")), strict=True))
CURVES = {
    STRAGGLER: ("#CC79A7", "-"),
    "learning_time": ("#009E73", "-"),
    "forgetting": ("#D55E00", "-"),
    "el2n_20": ("#56B4E9", "--"),
    "aum": ("#0072B2", "--"),
    "variability": ("#000000", ":"),
}
"""Scores whose stability is drawn by name; the others are grey."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of one dataset."""

    summary: pd.DataFrame
    """Rows of ``score_summary``, by score."""
    every: pd.DataFrame
    """Rows of ``score_pairs``."""
    stability: pd.DataFrame
    """Rows of ``score_stability`` of the whole ranking."""
    variance: pd.DataFrame
    removal: pd.DataFrame
    """Rows of ``score_removal`` of runs that did not diverge."""

    @property
    def scores(self) -> list[str]:
        """Those that the study has, in the order of their titles."""
        return [name for name in TITLES if name in self.summary.index]

    @property
    def pairs(self) -> pd.DataFrame:
        """Pairs with the straggler rate, by the other score."""
        pairs = self.every
        return pairs[(pairs["score_a"] == STRAGGLER) & (pairs["score_b"] != STRAGGLER)].set_index("score_b")

    @property
    def planted(self) -> bool:
        return bool(self.summary["recall"].notna().any())


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    (main,) = subject.main
    tables = {
        name: rows_of(read_table(files[f"score_{name}"]), {"dataset": main})
        for name in ("summary", "pairs", "stability", "variance", "removal")
    }
    return Content(
        summary=tables["summary"].set_index("score"),
        every=tables["pairs"],
        stability=tables["stability"].query("measure == 'rho'"),
        variance=tables["variance"],
        removal=tables["removal"].query("diverged_at.isna()"),
    )


def estimate(rows: pd.DataFrame, key: str, name: str) -> Estimate:
    if key not in rows.index:
        return Estimate(np.nan, np.nan, np.nan)
    return Estimate(*(rows.loc[key, f"{name}{bound}"] for bound in ("", "_low", "_high")))


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its rows of panels need, also where one is asked for."""
    names = [name for name in ROWS if name in content.scores or name in set(content.removal["removed"])]
    figure = Figure(figsize=(WIDTHS[max(columns, 2)], 8.2))
    above, below = figure.subfigures(2, 1, height_ratios=(0.2 * len(names) + 1.1, 3.1))
    panels: list[tuple[Callable[[Axes, Content, list[str]], None], str]] = [
        (draw_agreement, "same points?"),
        (draw_variance, "variance"),
        (draw_own, "not linear"),
        (draw_removal, "without them"),
    ]
    if content.planted:
        panels.append((draw_recall, "flips found"))
    axes = above.subplots(
        1, len(panels), sharey=True, gridspec_kw={"width_ratios": [1.3, 1, 1, 1.3, 0.9][: len(panels)]}
    )
    for ax, letter, (draw_panel, text) in zip(axes, "abcde", panels, strict=False):
        draw_panel(ax, content, names)
        # Without a legend entry there is none to place.
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), borderaxespad=0, handletextpad=0.3)
        title(ax, letter, text, 30)
    rows_axis(axes[0], [ROWS[name] for name in names], 40)
    for ax in axes:
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x", linewidth=0.4, color="0.9")
        ax.set_axisbelow(True)
    f, g = below.subplots(1, 2, width_ratios=(1, 1.25))
    draw_stability(f, content)
    draw_pairs(g, content)
    title(f, "f", "how many runs?")
    title(g, "g", "Jaccard index above, Spearman's ρ below")
    return figure


def draw_agreement(ax: Axes, content: Content, names: list[str]) -> None:
    """Panel a: Jaccard index with another run's stragglers, and of two runs of the score itself."""
    hollow = {"markerfacecolor": "white", "markersize": 3.5, "linestyle": "none", "color": "0.55"}
    for y, name in enumerate(names):
        ceiling = estimate(content.summary, name, "jaccard")
        if name in content.summary.index and name not in LINEAR:
            ax.plot(ceiling.value, y, "o", **hollow)
        interval(ax, y, estimate(content.pairs, name, "jaccard"), "#CC79A7")
    ceiling = estimate(content.summary, STRAGGLER, "jaccard").value
    ax.axvline(ceiling, color="#CC79A7", linewidth=0.8, linestyle="--", zorder=0)
    entry(ax, "with a run's stragglers", "#CC79A7", "o")
    ax.plot([], [], "o", label="between its own runs", **hollow)
    ax.set(xlim=(0, 1), xlabel="Jaccard index")


def draw_variance(ax: Axes, content: Content, names: list[str]) -> None:
    """Panel b: what a ranking's variance is due to."""
    rows = content.variance.set_index(["score", "component"])["share"]
    for y, name in enumerate(names):
        left = 0.0
        for component, (_, color) in COMPONENTS.items():
            width = max(rows.get((name, component), 0.0), 0.0)
            ax.barh(y, width, 0.7, left, color=color, linewidth=0)
            left += width
    for label, color in COMPONENTS.values():
        ax.barh([0], [0], color=color, label=label)
    ax.set(xlim=(0, 1), xlabel="share of variance")


def draw_own(ax: Axes, content: Content, names: list[str]) -> None:
    """Panel c: of what runs agree in, the share that linear margins do not tell."""
    for y, name in enumerate(names):
        if name not in LINEAR:
            interval(ax, y, estimate(content.summary, name, "own_share"), "#CC79A7" if name == STRAGGLER else "0.35")
    ax.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    ax.set(xlim=(-0.05, 1.1), xlabel="share beyond\nlinear margins")


def draw_removal(ax: Axes, content: Content, names: list[str]) -> None:
    """Panel d: test error without the hardest points over that with all, and how many runs invert."""
    rows = content.removal
    sigmas = sorted(rows["sigma"].unique())
    for y, name in enumerate(names):
        of_name = rows[(rows["removed"] == name) & (rows["sigma"] == 0)]
        if of_name.empty:
            continue
        for number, sigma in enumerate(sigmas):
            both = rows[(rows["sigma"] == sigma) & rows["removed"].isin([name, "none"])]
            interval(ax, y + 0.3 * number - 0.15, ratio_of(both, name, "none").estimate, *series(number))
        count(ax, y, int(of_name["inversion_found"].sum()), len(of_name), size=6)
    for number, sigma in enumerate(sigmas):
        entry(ax, f"noise σ = {sigma:g}" if sigma else "clean test data", *series(number))
    ax.axvline(1, color="0.6", linewidth=0.8, zorder=0)
    ax.set_xlabel("test error over\nthat with all points")


def draw_recall(ax: Axes, content: Content, names: list[str]) -> None:
    """Panel e: share of the flipped labels among as many hardest points."""
    for y, name in enumerate(names):
        interval(ax, y, estimate(content.summary, name, "recall"), "#CC79A7" if name == STRAGGLER else "0.35")
    ax.set(xlim=(0, 1.02), xlabel="recall")


def draw_stability(ax: Axes, content: Content) -> None:
    """Panel f: Spearman's ρ between averages over as many runs."""
    rows = content.stability
    if rows.empty:
        return note(ax)
    for name, of_name in sorted(rows.groupby("score"), key=lambda item: item[0] in CURVES):
        color, line = CURVES.get(name, ("0.8", "-"))
        label = TITLES[name] if name in CURVES else None
        ax.plot(of_name["size"], of_name["value"], color=color, linestyle=line, marker="o", markersize=2.5, label=label)
    ax.axhline(0.95, color="0.6", linewidth=0.8, zorder=0)
    sizes = sorted(rows["size"].unique())
    ax.set_xscale("log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.set(xlabel="runs averaged", ylabel="Spearman's ρ between averages", ylim=(min(0, rows["value"].min()), 1.02))
    ax.plot([], [], color="0.8", label="other scores")
    ax.legend(loc="lower right", handlelength=2.2)


def draw_pairs(ax: Axes, content: Content) -> None:
    """Panel g: all pairs of scores, between different runs."""
    names = content.scores
    values = np.full((len(names), len(names)), np.nan)
    for row in content.every.itertuples():
        i, j = names.index(row.score_a), names.index(row.score_b)
        if i != j:
            values[i, j], values[j, i] = row.jaccard, row.rho
    image = ax.imshow(values, vmin=0, vmax=1, cmap="cividis")
    ax.figure.colorbar(image, ax=ax, shrink=0.8)
    ax.set_yticks(range(len(names)), [f"{TITLES[name]}  {number}" for number, name in enumerate(names, 1)], fontsize=5)
    ax.set_xticks(range(len(names)), range(1, len(names) + 1), fontsize=5)
    ax.tick_params(length=0, pad=1)
    ax.spines[:].set_visible(False)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    variance = content.variance[content.variance["score"] == ALL_SCORES].set_index("component")["share"]
    removed = content.removal[content.removal["sigma"] == 0]
    n_runs = {name: int(content.summary["n_runs"].get(name, 0)) for name in (STRAGGLER, "aum")}
    return {
        "n_hardest": int(content.summary["n_hardest"].iloc[0]),
        "n_runs": n_runs["aum"],
        "n_inverted": n_runs[STRAGGLER],
        "n_seeds": int(removed["seed"].nunique()),
        "planted": content.planted,
        "run_to_run": content.summary["jaccard"].get(STRAGGLER),
        "own_share": content.summary["own_share"].get(STRAGGLER),
        "one_direction": variance.get(ONE_DIRECTION),
    }
