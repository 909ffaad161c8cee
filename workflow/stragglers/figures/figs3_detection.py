"""Fig. S3: the inversion under other settings of the rule that finds it, of the reference and of all other cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..study.cell import REFERENCE
from ..support.sealed import read_table
from ..tables.rows import rows_of
from ..tables.subject import Subject
from .style import OBSERVABLES, WIDTH, note, series, styled, title

SETTINGS = {
    "smoothing": "running mean / epochs",
    "burn_in": "burn-in / epochs",
    "prominence": "least height / range",
    "noise": "least height / noise",
    "observable": "observable",
}
"""What the table's ``setting`` says -> label of the axis."""

QUANTITIES = {
    "eps_star": ("training error\nat inversion ε*", "ci_low", "ci_high"),
    "phi_c": ("consensus φ_c", "phi_c_low", "phi_c_high"),
    "inverted": ("share of runs\nthat invert", None, None),
    "others": ("the same, other\ncells' runs", None, None),
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
def draw(content: Content) -> Figure:
    reference, shown, quantities = content.reference, content.shown, content.quantities
    figure = Figure(figsize=(WIDTH, 1 + 1.2 * len(quantities)))
    if reference.empty:
        note(figure.add_subplot())
        return figure
    # As wide as the numbers below need.
    widths = {"width_ratios": [1.1, 0.9, 1.7, 1.1, 0.8]}
    grid = figure.subplots(len(quantities), len(SETTINGS), sharey="row", sharex="col", gridspec_kw=widths)
    for letter, axes, quantity in zip("abcd", grid, quantities, strict=False):
        for ax, setting in zip(axes, SETTINGS, strict=True):
            draw_setting(ax, reference[reference["setting"] == setting], shown, quantity)
        axes[0].set_ylabel(QUANTITIES[quantity][0])
        # From 0, so that a shift is seen against the whole.
        axes[0].set_ylim(0, 1.15 * top(reference, quantity))
        title(axes[0], letter)
    for ax, label in zip(grid[-1], SETTINGS.values(), strict=True):
        ax.set_xlabel(label)
    if len(shown) > 1:
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 3))
    return figure


def top(reference: pd.DataFrame, quantity: str) -> float:
    """The largest value or end of an interval that is drawn; 1 where nothing is."""
    *_, high = QUANTITIES[quantity]
    values = reference[[quantity, high] if high else [quantity]].to_numpy(float)
    return float(np.nanmax(values)) or 1.0 if np.isfinite(values).any() else 1.0


def draw_setting(ax: Axes, rows: pd.DataFrame, shown: Mapping[str, str], quantity: str) -> None:
    """A quantity with its 95 % interval against a setting's values, evenly spaced; the study's own shaded."""
    setting = rows["setting"].iloc[0]
    values = list(dict.fromkeys(rows["value"]))
    own = values.index(rows.loc[rows["own"], "value"].iloc[0])
    ax.axvspan(own - 0.5, own + 0.5, color="0.92", linewidth=0, zorder=0)
    _, low, high = QUANTITIES[quantity]
    for number, (name, text) in enumerate(shown.items()):
        of_dataset = rows[rows["dataset"] == name]
        color, marker = series(number)
        x = np.array([values.index(value) for value in of_dataset["value"]], float)
        x += 0.5 * ((number + 0.5) / len(shown) - 0.5)
        y = of_dataset[quantity].to_numpy(float)
        reach = np.stack([y - of_dataset[low], of_dataset[high] - y]).clip(0) if low else np.zeros((2, len(y)))
        ax.errorbar(
            x,
            y,
            yerr=np.nan_to_num(reach),
            color=color,
            marker=marker,
            markersize=3,
            # Names have no order that a line could follow.
            linestyle="none" if setting == "observable" else "-",
            linewidth=0.8,
            elinewidth=0.8,
            label=text,
        )
    labels = [OBSERVABLES[value][0] if setting == "observable" else value for value in values]
    ax.set_xticks(range(len(values)), labels, fontsize=6)
    ax.set_xlim(-0.6, len(values) - 0.4)


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
    return {"datasets": datasets, "own": own.to_dict(), "settings": SETTINGS, "others": len(others) > 0}
