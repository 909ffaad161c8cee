"""Fig. S6: three measures of how well misclassified sets are conserved between runs, and where each peaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..geometry.inversion import defining_inversions
from ..sets.conservation import PEAK_LEAST_COMMON, PLATEAU
from ..study.cell import REFERENCE
from ..support.intervals import Estimate
from ..tables.rows import COMPLETE, read
from ..tables.subject import Subject
from .layout import Panel, arrange, letters
from .style import OBSERVABLES, dashes, error_axis, legend_label, mark, reach, series, styled

STATISTICS = {
    "z": ("excess over chance", "conservation z"),
    "jaccard": ("overlap", "mean Jaccard index"),
    "conditional": ("conditional probability", "share also in another's set"),
}
"""Column of the ``conservation`` table -> title, label."""
BINS = 50
"""Bins of a curve in a decade of the training error: narrower than its line is wide."""

LEAST_SHARE = 0.5
"""Of the runs that must invert for a dataset to be drawn."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of the reference runs on main datasets, compared at equal epochs."""

    observable: str
    titles: Mapping[str, str]
    """Main dataset -> its title."""
    error_star: Mapping[str, float]
    """Main dataset -> mean ε*, as :func:`inversion_errors` gives it."""
    conservation: pd.DataFrame
    peak: pd.DataFrame

    def curve(self, dataset: str) -> pd.DataFrame:
        """Rows of the dataset where pairs share enough points, with ``relative`` = ε/ε*."""
        rows = self.conservation
        rows = rows[(rows["dataset"] == dataset) & (rows["mean_common"] >= PEAK_LEAST_COMMON)].sort_values("epoch")
        return rows.assign(relative=rows["train_error"] / self.error_star[dataset])

    @property
    def shown(self) -> list[str]:
        return [name for name in self.titles if name in self.error_star and len(self.curve(name))]


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    reference = {"dataset": list(subject.main), **REFERENCE}
    runs = ["dataset", "network", "layer", "observable", "found", "train_error"]
    curves = ["dataset", "epoch", "train_error", "n_runs", "mean_common", *STATISTICS]
    peaks = ["dataset", "statistic", "train_error", "ci_low", "ci_high", "value", "plateau_low", "plateau_high"]
    inversion = read(files["inversion"], runs, **COMPLETE, **reference)
    return Content(
        observable=subject.defining.observable,
        titles=subject.main,
        error_star=inversion_errors(defining_inversions(inversion, subject.defining)),
        conservation=read(files["conservation"], curves, alignment="epoch", **reference),
        peak=read(files["conservation_peak"], peaks, alignment="epoch", **reference),
    )


def inversion_errors(inversion: pd.DataFrame) -> dict[str, float]:
    """Dataset -> mean ε*, for those of which at least half the runs invert; others have none to speak of.

    ``inversion``: rows of the reference runs at the defining layer and observable.
    """
    by_dataset = inversion.groupby("dataset", observed=True)
    inverting = by_dataset["found"].mean() >= LEAST_SHARE
    return by_dataset["train_error"].mean()[inverting].to_dict()


def panels(content: Content) -> dict[str, Panel]:
    """One a measure, where any dataset has pairs of runs that invert."""
    # The key below is of all of them.
    room = {"width": 2, "narrow": 6, "height": 1.8 + 0.15 * -(-len(content.shown) // 3)}
    return {
        name: Panel(partial(draw_statistic, content=content, statistic=name), text, **room)
        for name, (text, _) in STATISTICS.items()
        if content.shown
    }


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    figure, axes = arrange(panels(content), columns, "No dataset has pairs of runs that invert.")
    if axes:
        handles, labels = axes["z"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 2 * columns - 1))
    return figure


def draw_statistic(ax: Axes, content: Content, statistic: str) -> None:
    """One measure against ε/ε*, its peak marked with the 95 % interval of its place."""
    drawn = []
    for number, name in enumerate(content.shown):
        color, marker = series(number)
        line = {"color": color, "linestyle": dashes(number), "linewidth": 1}
        curve = smoothed(content.curve(name), statistic)
        ax.plot(curve["relative"], curve[statistic], **line)
        drawn += [*curve["relative"]]
        # In the legend with line and marker both.
        ax.plot([], [], marker=marker, label=legend_label(content.titles[name]), **line)
    for number, name in enumerate(content.shown):
        color, marker = series(number)
        peaks = content.peak[(content.peak["dataset"] == name) & (content.peak["statistic"] == statistic)]
        for row in peaks[peaks["train_error"].notna()].itertuples():
            at, low, high = np.array([row.train_error, row.ci_low, row.ci_high]) / content.error_star[name]
            # An interval may reach to 0, which has no place on the axis.
            within = Estimate(at, *np.clip([low, high], min(drawn), max(drawn)))
            bar = {"xerr": reach(within), "capsize": 2, "zorder": 3}
            ax.errorbar(at, row.value, color=color, marker=marker, markeredgecolor="white", **bar)
    error_axis(ax, "training error relative to ε*")
    ax.set_ylabel(STATISTICS[statistic][1])
    ax.set_ylim(0, None if statistic == "z" else 1)
    mark(ax, 1.0)


def smoothed(curve: pd.DataFrame, statistic: str) -> pd.DataFrame:
    """The curve as a function of ``relative``: means over epochs whose errors fall into one of :data:`BINS` per decade.

    Where the training error goes up and down, epochs of about one error come again and again.
    """
    places = np.floor(BINS * np.log10(curve["relative"].where(curve["relative"] > 0)))
    return curve.groupby(places.to_numpy())[["relative", statistic]].mean().sort_values("relative", ascending=False)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    datasets = []
    for name in content.shown:
        rows = content.peak[content.peak["dataset"] == name].set_index("statistic")
        star = content.error_star[name]
        datasets.append(
            {
                "title": content.titles[name],
                "n_runs": int(content.curve(name)["n_runs"].max()),
                "peaks": {
                    statistic: {
                        "at": Estimate(
                            *(rows.loc[statistic, ["train_error", "ci_low", "ci_high"]].astype(float) / star)
                        ),
                        "plateau": tuple(rows.loc[statistic, ["plateau_low", "plateau_high"]].astype(float) / star),
                    }
                    for statistic in STATISTICS
                    if statistic in rows.index and np.isfinite(rows.loc[statistic, "train_error"])
                },
            }
        )
    return {
        "letters": letters(panels(content)),
        "observable": OBSERVABLES[content.observable][0],
        "datasets": datasets,
        "names": {"z": "z", "jaccard": "the Jaccard index", "conditional": "the probability"},
        "plateau": PLATEAU,
        "least_common": PEAK_LEAST_COMMON,
    }
