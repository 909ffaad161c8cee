"""Fig. S1: on planted data, the inversion is where it should be and the stragglers are who they should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.planted import REMOVED, estimate
from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.subject import Subject
from .layout import Panel, arrange, key, letters
from .style import (
    ERROR_STAR,
    OBSERVABLES,
    REMOVALS,
    entry,
    interval,
    reach,
    rows_axis,
    styled,
)

MARKERS = {"flips": "o", "rescued": "s", "xor": "^", "nothing planted": "D"}
FOUND = {"recall": "#0072B2", "precision": "#D55E00"}


@dataclass(frozen=True)
class Content:
    """What the figure shows: the ``planted`` table."""

    observable: str
    titles: Mapping[str, str]
    """Dataset -> its title."""
    planted: pd.DataFrame

    @property
    def inverted(self) -> pd.DataFrame:
        return self.planted[self.planted["n_inverted"] > 0]

    @property
    def found(self) -> pd.DataFrame:
        """Datasets with planted points whose runs invert."""
        return self.planted[self.planted["recall"].notna()]

    @property
    def retrained(self) -> pd.DataFrame:
        """Datasets whose runs were repeated without their stragglers."""
        return self.planted[self.planted["test_error_stragglers"].notna()]


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    return Content(subject.defining.observable, subject.titles, read_table(files["planted"]))


def kind_of(row: Any) -> str:
    """The kind of a row; without a minority all kinds are one."""
    return row.kind if row.n_planted else "nothing planted"


def panels(content: Content) -> dict[str, Panel]:
    """Those that there are planted points that stragglers could be, and retrained runs, for."""
    found = {}
    if len(content.planted):
        found["errors"] = Panel(partial(draw_errors, content=content), "inversion error", height=3.0, rigid=True)
    if n_rows := len(content.found):
        draws = partial(draw_found, content=content)
        height = max(3.0, 0.2 + 0.19 * n_rows)
        found["found"] = Panel(draws, "stragglers among planted points", height=height, rigid=True)
    if n_rows := len(content.retrained):
        draws = partial(draw_removals, content=content)
        found["removals"] = Panel(draws, "what removal does", height=0.3 + 0.4 * n_rows, rigid=True)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    return arrange(panels(content), columns, "No runs on planted data.")[0]


def draw_errors(ax: Axes, content: Content) -> None:
    """Measured ε* against the closed form, a point a dataset, coloured by P/d."""
    ratios = (content.planted["n_samples"] / content.planted["n_features"]).round().astype(int)
    colors = dict(zip(sorted(set(ratios)), sns.color_palette("viridis_r", ratios.nunique() + 1)[1:], strict=True))
    end = 1.1 * max(content.planted["closed_form"].max(), content.planted["ci_high"].max())
    ax.plot([0, end], [0, end], color="0.6", linewidth=0.8, zorder=0)
    for row, ratio in zip(content.planted.itertuples(), ratios, strict=True):
        if row.n_inverted:
            ax.errorbar(
                row.closed_form,
                row.error,
                yerr=reach(Estimate(row.error, row.ci_low, row.ci_high)),
                color=colors[ratio],
                marker=MARKERS[kind_of(row)],
                markersize=5,
                markeredgecolor="white",
                markeredgewidth=0.4,
                capsize=2,
                linestyle="none",
            )
        else:
            ax.plot(row.closed_form, 0, "x", color=colors[ratio], markersize=6, clip_on=False)
    for kind in dict.fromkeys(map(kind_of, content.inverted.itertuples())):
        entry(ax, kind, "0.3", MARKERS[kind])
    if len(content.inverted) < len(content.planted):
        entry(ax, "no run inverts", "0.3", "x")
    for ratio, color in colors.items():
        entry(ax, f"P/d = {ratio}", color, "o")
    ax.set(xlim=(0, end), ylim=(0, end), xlabel=f"closed form of {ERROR_STAR}", ylabel=f"measured {ERROR_STAR}")
    ax.set_aspect("equal", anchor="NW")
    ax.legend(loc="upper left")


def draw_found(ax: Axes, content: Content) -> None:
    """Recall and precision of the planted points among the consensus stragglers, and their closed forms."""
    shown = content.found
    for measure, color in FOUND.items():
        ax.plot(shown[f"{measure}_closed_form"], range(len(shown)), "|", color=color, markersize=9)
        ax.plot(shown[measure], range(len(shown)), "o", color=color, markeredgecolor="white", label=measure)
    entry(ax, "closed form", "0.3", "|")
    rows_axis(ax, [content.titles[name] for name in shown["dataset"]], width=24)
    ax.set_xlim(0, 1.03)
    ax.set_xlabel("share of points")
    key(ax, 3)


def draw_removals(ax: Axes, content: Content) -> None:
    """Clean test error after retraining with nothing, random points or stragglers removed."""
    rows = content.retrained
    for y, row in enumerate(rows.itertuples()):
        for removed, marker, shift in zip(REMOVED, "osD", (-0.22, 0, 0.22), strict=True):
            interval(ax, y + shift, estimate(row, f"test_error_{removed}"), REMOVALS[removed][1], marker)
    for removed, marker in zip(REMOVED, "osD", strict=True):
        text, color = REMOVALS[removed]
        entry(ax, text, color, marker)
    rows_axis(ax, [content.titles[name] for name in rows["dataset"]], width=12)
    ax.set_xlim(left=0)
    ax.set_xlabel("final test error, clean")
    key(ax, 3, title="removed", title_fontsize=7)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    flips = content.inverted.query("kind == 'flips' and n_planted > 0")
    others = content.planted.drop(flips.index)
    return {
        "letters": letters(panels(content)),
        "observable": OBSERVABLES[content.observable][0],
        "n_datasets": len(content.planted),
        "n_runs": int(content.planted["n_runs"].max()),
        "n_flips": len(flips),
        "median_error": flips["relative_error"].abs().median(),
        "worst_error": flips["relative_error"].abs().max(),
        "recall": (flips["recall"].min(), flips["recall"].max()),
        "precision": (flips["precision"].min(), flips["precision"].max()),
        "others": [
            {
                "title": content.titles[row.dataset],
                "n_inverted": row.n_inverted,
                "n_runs": row.n_runs,
                "error": row.error,
                "closed_form": row.closed_form,
            }
            for row in others.itertuples()
        ],
        "removals": [
            {
                "title": content.titles[row.dataset],
                "errors": {REMOVALS[removed][0]: estimate(row, f"test_error_{removed}") for removed in REMOVED},
                "inverted": {REMOVALS[removed][0]: getattr(row, f"inverted_{removed}") for removed in REMOVED},
            }
            for row in content.retrained.itertuples()
        ],
    }
