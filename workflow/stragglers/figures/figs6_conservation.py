"""Fig. S6: three measures of how well misclassified sets are conserved between runs, and where each peaks."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from .style import OBSERVABLES, WIDTH, error_axis, legend_label, mark, note, reach, series, styled, title

STATISTICS = {
    "z": "conservation z",
    "jaccard": "mean Jaccard index",
    "conditional": "probability that a point of\none run's set is in another's",
}
"""Column of the ``conservation`` table -> label."""

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


@styled
def draw(content: Content) -> Figure:
    figure = Figure(figsize=(WIDTH, 2.7))
    axes = figure.subplots(1, len(STATISTICS))
    for letter, ax, statistic in zip("abc", axes, STATISTICS, strict=True):
        draw_statistic(ax, content, statistic)
        title(ax, letter)
    handles, labels = axes[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 3))
    return figure


def draw_statistic(ax: Axes, content: Content, statistic: str) -> None:
    """One measure against ε/ε*, its peak marked with the 95 % interval of its place."""
    if not content.shown:
        return note(ax, "no pairs of runs that invert")
    for number, name in enumerate(content.shown):
        color, marker = series(number)
        curve = content.curve(name)
        ax.plot(curve["relative"], curve[statistic], color=color, linewidth=1)
        # In the legend with line and marker both.
        ax.plot([], [], color=color, marker=marker, linewidth=1, label=legend_label(content.titles[name]))
        peaks = content.peak[(content.peak["dataset"] == name) & (content.peak["statistic"] == statistic)]
        for row in peaks[peaks["train_error"].notna()].itertuples():
            at = Estimate(*(np.array([row.train_error, row.ci_low, row.ci_high]) / content.error_star[name]))
            ax.errorbar(
                at.value, row.value, xerr=reach(at), color=color, marker=marker, markeredgecolor="white", capsize=2
            )
    error_axis(ax, "training error relative to ε*")
    ax.set_ylabel(STATISTICS[statistic])
    ax.set_ylim(0, None if statistic == "z" else 1)
    mark(ax, 1.0)


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
        "observable": OBSERVABLES[content.observable][0],
        "datasets": datasets,
        "names": {"z": "z", "jaccard": "the Jaccard index", "conditional": "the probability"},
        "plateau": PLATEAU,
        "least_common": PEAK_LEAST_COMMON,
    }
