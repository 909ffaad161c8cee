"""Fig. S2: the inversion beside the linear residual, the stragglers beside a linear classifier's mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.subject import Subject
from .layout import Panel, arrange, chunks, key, letters
from .style import (
    INVERSION_ERROR,
    OBSERVABLES,
    entry,
    interval,
    inverted_count,
    reach,
    rows_axis,
    series,
    styled,
)

CLASSIFIERS = {"lda": ("linear discriminant", "o"), "logistic": ("logistic regression", "s")}
"""What the table's ``classifier`` says -> name, marker."""

ROWS = 12
"""Most datasets in one part of the overlaps."""
ANNOTATED = 15
"""Most datasets whose sizes have room beside the panel."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of all datasets of a study."""

    observable: str
    families: Sequence[Sequence[str]]
    """Main datasets, each followed by its subsamples, by name."""
    titles: Mapping[str, str]
    linear: pd.DataFrame
    """The ``linear`` table."""

    @property
    def colors(self) -> dict[str, tuple[float, float, float]]:
        """Dataset -> the colour of its main dataset."""
        return {name: series(number)[0] for number, family in enumerate(self.families) for name in family}

    @property
    def compared(self) -> pd.DataFrame:
        """The rows whose reference runs invert."""
        return self.linear[self.linear["eps_star"].notna()]

    @property
    def datasets(self) -> list[str]:
        """In the order of the families."""
        return [name for family in self.families for name in family]

    def labels(self, names: Sequence[str]) -> list[str]:
        """Subsets of ``names``; the first of each family also has the title of its main dataset."""
        subsets = self.linear.drop_duplicates("dataset").set_index("dataset")["subset"]
        main = {name: family[0] for family in self.families for name in family}
        first = {main[name]: name for name in reversed(names)}
        return [
            f"{self.titles[main[name]]}, {subsets[name]}" if name == first[main[name]] else subsets[name]
            for name in names
        ]


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    return Content(subject.defining.observable, subject.families, subject.titles, read_table(files["linear"]))


def panels(content: Content) -> dict[str, Panel]:
    """The errors, and the overlaps in as many parts as have room; where no run inverts there is nothing to compare."""
    if content.compared.empty:
        return {}
    parts = chunks(content.datasets, ROWS)
    n_families = len({*content.colors.values()}) if len(content.families) > 1 else 0
    height = max(2.6 + 0.08 * n_families, 1.1 + 0.26 * len(parts[0]))
    draws = partial(draw_errors, content=content)
    found = {"errors": Panel(draws, "inversion and linear residual", height=height, rigid=True)}
    for number, names in enumerate(parts):
        draws = partial(draw_overlaps, content=content, names=names, named=number == 0)
        text = "continued" if number else "stragglers and linear mistakes"
        height = 0.26 * len(names) + 0.8 * (number == 0)
        found[f"overlaps_{number}"] = Panel(draws, text, height=height, rigid=True, lettered=number == 0)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    return arrange(panels(content), columns, "No run inverts, so there is nothing to compare with linear classifiers.")[
        0
    ]


def draw_errors(ax: Axes, content: Content) -> None:
    """ε* with its 95 % interval against training errors, those of one dataset joined by a line."""
    rows = content.compared
    largest = 1.15 * (np.nanmax(rows[["train_error", "eps_star", "ci_high"]].to_numpy(float)) or 1.0)
    ax.plot([0, largest], [0, largest], color="0.6", linewidth=0.8, zorder=0)
    for row in rows.itertuples():
        ax.errorbar(
            row.train_error,
            row.eps_star,
            yerr=reach(Estimate(row.eps_star, row.ci_low, row.ci_high)),
            color=content.colors[row.dataset],
            marker=CLASSIFIERS[row.classifier][1],
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="none",
            elinewidth=0.8,
        )
    datasets = [of_dataset for _, of_dataset in rows.groupby("dataset")]
    datasets.sort(key=lambda of_dataset: of_dataset["eps_star"].iloc[0])
    heights = spread([of_dataset["eps_star"].iloc[0] for of_dataset in datasets], 0.045 * largest)
    for of_dataset, height in zip(datasets, heights, strict=True):
        eps_star, color = of_dataset["eps_star"].iloc[0], content.colors[of_dataset["dataset"].iloc[0]]
        ax.plot(of_dataset["train_error"], of_dataset["eps_star"], color=color, linewidth=0.6, alpha=0.6)
        if len(datasets) > ANNOTATED:
            continue
        # Where datasets lie close together their sizes stand aside, joined by a line of their own.
        end = [of_dataset["train_error"].max(), largest, 1.03 * largest], [eps_star, eps_star, height]
        ax.plot(*end, color=color, linewidth=0.4, alpha=0.5, linestyle=":", clip_on=False)
        ax.text(1.04 * largest, height, f"{of_dataset['n_samples'].iloc[0]}", va="center", fontsize=6, color=color)
    if len(datasets) <= ANNOTATED:
        ax.annotate("P", (1.04, 1), xycoords="axes fraction", va="center", fontsize=6)
    for name, marker in CLASSIFIERS.values():
        entry(ax, name, "0.35", marker)
    if len(content.families) > 1:
        for family in content.families:
            entry(ax, content.titles[family[0]], content.colors[family[0]], "d")
    ax.set(xlim=(0, largest), ylim=(0, largest), aspect="equal", anchor="N")
    ax.set(xlabel="training error of a linear classifier", ylabel=INVERSION_ERROR)
    key(ax, 2, width=22)


def spread(heights: Sequence[float], gap: float) -> np.ndarray:
    """Ascending ``heights`` moved apart to at least ``gap``, their mean kept."""
    moved = np.array(heights, float)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    return moved - (moved.mean() - np.mean(heights))


def draw_overlaps(ax: Axes, content: Content, names: Sequence[str], named: bool) -> None:
    """Jaccard indices with the mistakes, beside those of two runs and of chance, of the datasets ``names``.

    ``named``: whether a key says which mark is what.
    """
    hollow = {"markerfacecolor": "white", "markersize": 3.5, "linestyle": "none"}
    entry(ax, "mistakes and consensus stragglers", "0.35", "o")
    ax.plot([], [], "o", color="0.35", label="mistakes and one run's stragglers", **hollow)
    entry(ax, "stragglers of two runs", "#000000", "D")
    entry(ax, "consensus stragglers and chance", "0.5", "|")
    for y, name in enumerate(names):
        rows = content.linear[content.linear["dataset"] == name]
        for row in rows.itertuples():
            color, marker = content.colors[name], CLASSIFIERS[row.classifier][1]
            above = y + 0.4 * [*CLASSIFIERS].index(row.classifier) - 0.3
            one_run = Estimate(row.jaccard_runs, row.jaccard_runs_low, row.jaccard_runs_high)
            interval(ax, above, Estimate(row.jaccard, np.nan, np.nan), color, marker)
            ax.errorbar(one_run.value, above + 0.2, xerr=reach(one_run), color=color, marker=marker, **hollow)
            ax.plot(row.jaccard_chance, above + 0.1, "|", color="0.5")
        interval(ax, y, Estimate(rows["jaccard_run_to_run"].iloc[0], np.nan, np.nan), "#000000", "D")
        inverted_count(ax, y, rows["n_inverted"].iloc[0], rows["n_runs"].iloc[0])
    rows_axis(ax, content.labels(names), 30)
    ax.set(xlabel="Jaccard index", xlim=(0, 1))
    if named:
        key(ax, 1, width=60)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template: over the datasets whose reference runs invert."""
    classifiers = []
    for name, (text, _) in CLASSIFIERS.items():
        rows = content.compared[content.compared["classifier"] == name]
        if len(rows):
            classifiers.append(
                {
                    "name": text,
                    "ratio": (rows["ratio"].min(), rows["ratio"].max()) if rows["ratio"].notna().any() else None,
                    "jaccard": (rows["jaccard"].min(), rows["jaccard"].max()),
                    "jaccard_runs": (rows["jaccard_runs"].min(), rows["jaccard_runs"].max()),
                }
            )
    pairs = content.compared["jaccard_run_to_run"].dropna()
    return {
        "letters": letters(panels(content)),
        "observable": OBSERVABLES[content.observable][0],
        "n_datasets": content.linear["dataset"].nunique(),
        "n_inverted": content.compared["dataset"].nunique(),
        "annotated": content.compared["dataset"].nunique() <= ANNOTATED,
        "classifiers": classifiers,
        "run_to_run": (pairs.min(), pairs.max()) if len(pairs) else None,
        "chance": content.compared["jaccard_chance"].max(),
    }
