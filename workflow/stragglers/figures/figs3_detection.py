"""Fig. S3: the inversion under other settings of the rule that finds it, of the reference and of all other cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..study.cell import REFERENCE
from ..support.sealed import read_table
from ..tables.rows import rows_of
from ..tables.subject import Subject
from .layout import WIDTHS, arrange
from .style import OBSERVABLES, dashes, legend_label, series, styled, title

SETTINGS = {
    "smoothing": "running\nmean / epochs",
    "burn_in": "burn-in /\nepochs",
    "prominence": "least height\n/ range",
    "noise": "least height\n/ noise",
    "observable": "observable",
}
"""What the table's ``setting`` says -> label of the axis."""

QUANTITIES = {
    "eps_star": ("error at\ninversion ε*", "ci_low", "ci_high"),
    "phi_c": ("consensus\nφ_c", "phi_c_low", "phi_c_high"),
    "inverted": ("share that\ninverts", None, None),
    "others": ("others that\ninvert", None, None),
}
"""What is drawn -> label, columns of its interval: of the reference runs, but for ``others``."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of all main datasets of a study."""

    subject: Subject
    detection: pd.DataFrame
    """The ``detection`` table: rows of the reference are drawn, those of other cells pooled by dataset."""

    @property
    def reference(self) -> pd.DataFrame:
        """Rows of the reference, with the columns :data:`QUANTITIES`."""
        others = self.others.groupby(["dataset", "setting", "value"], as_index=False)[["n_inverted", "n_runs"]].sum()
        others = others.assign(others=others["n_inverted"] / others["n_runs"]).drop(columns=["n_inverted", "n_runs"])
        rows = rows_of(self.detection, REFERENCE)
        rows = rows.assign(inverted=rows["n_inverted"] / rows["n_runs"])
        return rows.merge(others, how="left", on=["dataset", "setting", "value"])

    @property
    def others(self) -> pd.DataFrame:
        """Rows of all cells but the reference's."""
        return self.detection.drop(rows_of(self.detection, REFERENCE).index)

    @property
    def quantities(self) -> list[str]:
        """Those of :data:`QUANTITIES` that there are runs for."""
        return [name for name in QUANTITIES if name != "others" or len(self.others)]

    @property
    def shown(self) -> dict[str, str]:
        """Titles of the main datasets with reference runs."""
        present = set(rows_of(self.detection, REFERENCE)["dataset"])
        return {name: text for name, text in self.subject.main.items() if name in present}


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    return Content(subject, read_table(files["detection"]))


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """A column a quantity, a row a setting: its values from top to bottom."""
    reference, shown, quantities = content.reference, content.shown, content.quantities
    if reference.empty:
        return arrange({}, columns, "No runs of the reference network.")[0]
    counts = [reference.loc[reference["setting"] == setting, "value"].nunique() for setting in SETTINGS]
    height = 1.3 + 0.17 * sum(counts) + 0.07 * len(shown) * (len(shown) > 1)
    figure = Figure(figsize=(WIDTHS[columns], height))
    heights = {"height_ratios": [count + 0.2 for count in counts]}
    grid = figure.subplots(len(SETTINGS), len(quantities), sharey="row", sharex="col", gridspec_kw=heights)
    for axes, setting in zip(grid.reshape(len(SETTINGS), -1), SETTINGS, strict=True):
        for ax, quantity in zip(axes, quantities, strict=True):
            draw_setting(ax, reference[reference["setting"] == setting], shown, quantity)
        axes[0].set_ylabel(SETTINGS[setting])
    for letter, ax, low, quantity in zip("abcd", grid[0], grid[-1], quantities, strict=False):
        # From 0, so that a shift is seen against the whole.
        ax.set_xlim(0, 1.15 * top(reference, quantity))
        ax.xaxis.set_major_locator(MaxNLocator(2 * columns, steps=[1, 2, 2.5, 5, 10]))
        low.set_xlabel(QUANTITIES[quantity][0])
        title(ax, letter)
    if len(shown) > 1:
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2 * columns - 1)
    figure.align_ylabels()
    return figure


def top(reference: pd.DataFrame, quantity: str) -> float:
    """The largest value or end of an interval that is drawn; 1 where nothing is."""
    *_, high = QUANTITIES[quantity]
    values = reference[[quantity, high] if high else [quantity]].to_numpy(float)
    return float(np.nanmax(values)) or 1.0 if np.isfinite(values).any() else 1.0


def draw_setting(ax: Axes, rows: pd.DataFrame, shown: Mapping[str, str], quantity: str) -> None:
    """A quantity with its 95 % interval at a setting's values, evenly spaced; the study's own shaded."""
    setting = rows["setting"].iloc[0]
    values = list(dict.fromkeys(rows["value"]))
    own = values.index(rows.loc[rows["own"], "value"].iloc[0])
    ax.axhspan(own - 0.5, own + 0.5, color="0.92", linewidth=0, zorder=0)
    _, low, high = QUANTITIES[quantity]
    for number, (name, text) in enumerate(shown.items()):
        of_dataset = rows[rows["dataset"] == name]
        color, marker = series(number)
        y = np.array([values.index(value) for value in of_dataset["value"]], float)
        y += 0.7 * ((number + 0.5) / len(shown) - 0.5)
        x = of_dataset[quantity].to_numpy(float)
        reach = np.stack([x - of_dataset[low], of_dataset[high] - x]).clip(0) if low else np.zeros((2, len(x)))
        ax.errorbar(
            x,
            y,
            xerr=np.nan_to_num(reach),
            color=color,
            marker=marker,
            markersize=3,
            # Names have no order that a line could follow.
            linestyle="none" if setting == "observable" else dashes(number),
            linewidth=0.8,
            elinewidth=0.8,
            label=legend_label(text),
        )
    labels = [OBSERVABLES[value][0] if setting == "observable" else value for value in values]
    ax.set_yticks(range(len(values)), labels, fontsize=6)
    ax.set_ylim(len(values) - 0.4, -0.6)


def largest_shift(rows: pd.DataFrame, quantity: str) -> float:
    """Largest relative change of a quantity from its value with the study's settings; NaN if there is none."""
    own = rows.loc[rows["own"], quantity].iloc[0]
    return float((rows[quantity] / own - 1).abs().max()) if own else np.nan


def most_dependent(others: pd.DataFrame, subject: Subject) -> dict[str, Any] | None:
    """The cell, of the numeric settings' rows, whose count of inverted runs changes most; None if no count changes."""
    counts = others.groupby(["network", "optimizer"], sort=False).agg(
        n_runs=("n_runs", "first"), fewest=("n_inverted", "min"), most=("n_inverted", "max")
    )
    change = (counts["most"] - counts["fewest"]) / counts["n_runs"]
    if not (change > 0).any():
        return None
    network, optimizer = change.idxmax()
    return {"cell": subject.cell(network, optimizer), **counts.loc[change.idxmax()].to_dict()}


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    datasets, reference, others = [], content.reference, content.others
    for name, text in content.shown.items():
        rows = reference[reference["dataset"] == name]
        of_others = others[(others["dataset"] == name) & (others["setting"] != "observable")]
        numeric, observable = rows[rows["setting"] != "observable"], rows[rows["setting"] == "observable"]
        own = rows[rows["own"]].iloc[0]
        datasets.append(
            {
                "title": text,
                "n_runs": own["n_runs"],
                "n_inverted": own["n_inverted"],
                "shifts": {
                    quantity: (largest_shift(numeric, quantity), largest_shift(observable, quantity))
                    for quantity in ("eps_star", "phi_c")
                },
                "fewest": (numeric["n_inverted"].min(), observable["n_inverted"].min()),
                "most_dependent": most_dependent(of_others, content.subject),
            }
        )
    own = reference[reference["own"]].drop_duplicates("setting").set_index("setting")["value"]
    own = own.replace({name: symbol for name, (symbol, _) in OBSERVABLES.items()})
    return {
        "datasets": datasets,
        "own": own.to_dict(),
        "settings": {setting: text.replace("\n", " ") for setting, text in SETTINGS.items()},
        "others": len(others) > 0,
    }
