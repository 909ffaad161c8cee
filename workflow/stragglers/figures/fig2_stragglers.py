"""Fig. 2: stragglers make the inversion, look unlike the rest, and carry what generalises."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.removal import final_error, removal_curve
from ..sets.conservation import PEAK_LEAST_COMMON
from ..sets.exemplars import Exemplars
from ..study.cell import REFERENCE
from ..support.intervals import Estimate
from ..tables.rows import COMPLETE, EPOCHS_DRAWN, defining_by_network, inverted, mean_interval, read
from ..tables.subject import Subject
from ..training.trajectory import logarithmic_epochs
from .layout import Panel, arrange, letters
from .portraits import COLUMNS, draw_sheet, height_of
from .style import (
    ERROR_STAR,
    OBSERVABLES,
    REMOVAL_LINES,
    REMOVALS,
    TRAIN_ERROR,
    curve,
    epoch_axis,
    error_axis,
    inches,
    mark,
    reach,
    shown,
    styled,
)

SHEET_ROWS = {1: 1, 2: 2}
"""Columns that the figure spans -> rows of exemplary points."""
NARROW = 1.6
"""Inches of a panel that a legend in columns does not fit into."""
ALIGNMENTS = {"epoch": ("epoch", "-", "#000000"), "train_error": ("error", "--", "#56B4E9")}
"""How the ``conservation`` table aligns runs -> name, line style, colour."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of the reference network and optimiser on one main dataset."""

    title: str
    observable: str
    inversion: pd.DataFrame
    """Rows of ``inversion`` of untouched runs, at the defining layer."""
    dynamics: pd.DataFrame
    """Rows of ``dynamics``: retrained runs and, as ``removed`` none, the runs that they repeat."""
    ablation: pd.DataFrame
    conservation: pd.DataFrame
    peak: pd.DataFrame
    exemplars: Exemplars

    @property
    def inversion_error(self) -> float:
        """Mean ε* over runs that inverted, or NaN."""
        return float(inverted(self.inversion, self.observable)["train_error"].mean())

    @property
    def sigmas(self) -> list[float]:
        """Standard deviations of the noise on the test data, rising."""
        return sorted(sigma for sigma in self.ablation["sigma"].unique() if sigma > 0)

    @property
    def tested(self) -> list[float | None]:
        """Noises that have a panel, 0 of clean data first; None is for several."""
        if self.ablation.empty:
            return []
        return [0.0, None] if len(self.sigmas) > 1 else [0.0, *self.sigmas]

    @property
    def compared(self) -> pd.DataFrame:
        """Rows of ``conservation`` where pairs of runs share enough points for z to mean something."""
        rows = self.conservation
        return rows[(rows["mean_common"] >= PEAK_LEAST_COMMON) & rows["z"].notna()]

    @property
    def n_paired(self) -> int:
        """Runs whose pairs ``conservation`` compares."""
        return int(self.conservation["n_runs"].max()) if len(self.conservation) else 0


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    ((main, title),) = subject.main.items()
    cell = {"dataset": main, **REFERENCE}
    inversion = read(
        files["inversion"],
        ["network", "layer", "seed", "observable", "found", "epoch", "train_error"],
        **COMPLETE,
        **cell,
    )
    inversion = defining_by_network(inversion, subject.defining)
    ablation = read(
        files["ablation"],
        ["seed", "removed", "draw", "removed_error", "sigma", "test_error", "inversion_found"],
        diverged_at=None,
        **cell,
    )
    dynamics = read(
        files["dynamics"],
        ["seed", "removed", "draw", "epoch", *OBSERVABLES],
        removed=["none", "random", "stragglers"],
        layer=[int(layer) for layer in inversion["layer"].unique()],
        seed=[int(seed) for seed in ablation["seed"].unique()],
        epoch=logarithmic_epochs(subject.epochs, EPOCHS_DRAWN).tolist(),
        **cell,
    )
    curves = ["alignment", "epoch", "train_error", "n_runs", "mean_common", "z"]
    peaks = ["alignment", "train_error", "ci_low", "ci_high"]
    return Content(
        title=title,
        observable=subject.defining.observable,
        inversion=inversion,
        dynamics=dynamics,
        ablation=ablation,
        conservation=read(files["conservation"], curves, **cell),
        peak=read(files["conservation_peak"], peaks, statistic="z", **cell),
        exemplars=Exemplars.load(files["exemplars"]),
    )


def panels(content: Content, columns: int = 2) -> dict[str, Panel]:
    """Those that the study has retrained runs, stragglers or pairs of runs for."""
    found: dict[str, Panel] = {}
    removed = {*content.dynamics["removed"]}
    for name in sorted(shown(content.inversion), key=lambda name: name != "D"):
        if removed:
            first = name == "D"
            text = content.title if first else ""
            draws = partial(draw_removal, content=content, observable=name)
            found[f"removal_{name}"] = Panel(draws, text, 2, 6 if first else 3, 1.55, lettered=first)
    for kind, text in (("straggler", "stragglers"), ("typical", "typical points")):
        points = content.exemplars.of(kind, SHEET_ROWS[columns] * COLUMNS)
        if len(points.kind):
            draws = partial(draw_sheet, points=points)
            room = {"height": height_of(points), "rigid": True, "axis": False, "lettered": kind == "straggler"}
            found[kind] = Panel(draws, f"{text}: id; class, straggler rate", **room)
    for sigma in content.tested:
        text = "noisy test data" if sigma is None else f"noise σ = {sigma:g}" if sigma else "clean test data"
        draws = partial(draw_noisy_test_error, content=content)
        if sigma is not None:
            draws = partial(draw_test_error, content=content, sigma=sigma)
        found["clean" if sigma == 0 else "noisy"] = Panel(draws, text, 2, 3, 1.75, lettered=sigma == 0)
    if len(content.compared):
        found["conservation"] = Panel(partial(draw_conservation, content=content), "conservation", 2, 6, 1.75)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    otherwise = f"{content.title}: no run inverts, none was repeated without points, and no two have points in common."
    figure, axes = arrange(panels(content, columns), columns, otherwise)
    if "removal_D" in axes:
        # Above the panels: inside, some study's curve would pass behind it.
        handles, labels = axes["removal_D"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3, title="removed", title_fontsize=7)
    return figure


def draw_removal(ax: Axes, content: Content, observable: str) -> None:
    """An observable against epoch with nothing, random points and stragglers removed."""
    trained = content.dynamics.query("epoch > 0")
    over_draws = trained.groupby(["removed", "seed", "epoch"], as_index=False)[observable].mean()
    for kind in REMOVAL_LINES:
        if kind in set(over_draws["removed"]):
            text, color = REMOVALS[kind]
            over_seeds = over_draws[over_draws["removed"] == kind].groupby("epoch")[observable]
            mean, sd = over_seeds.mean(), over_seeds.std().fillna(0)
            line = {"label": text, "linestyle": REMOVAL_LINES[kind]}
            curve(ax, mean.index, mean, mean - sd, mean + sd, color, **line)
    symbol, _ = OBSERVABLES[observable]
    ax.margins(x=0.02)
    ax.set_ylabel(f"{symbol} (unit sphere)")
    epoch_axis(ax)


def draw_test_error(ax: Axes, content: Content, sigma: float) -> None:
    """Test error after retraining without S(t), against the training error of S(t).

    Mean and 95 % interval over seeds for each t of the grid. Beside it, what removing nothing,
    random points and stragglers gives.
    """
    rows = content.ablation[content.ablation["sigma"] == sigma]
    points = removal_curve(rows)
    _, grey = REMOVALS["misclassified_at"]
    if len(points):
        curve(ax, *points[["removed_error", "value", "low", "high"]].to_numpy().T, grey, "S(t)", marker="o")
    text, black = REMOVALS["none"]
    full = final_error(rows, "none")
    if np.isfinite(full.value):
        ax.axhline(full.value, color=black, linewidth=1, label=text)
        ax.axhspan(full.low, full.high, color=black, alpha=0.12, linewidth=0)
    for kind, marker in (("random", "s"), ("stragglers", "D"), ("consensus", "^")):
        text, color = REMOVALS[kind]
        estimate = final_error(rows, kind)
        if np.isfinite(estimate.value) and np.isfinite(content.inversion_error):
            ax.errorbar(
                content.inversion_error,
                estimate.value,
                yerr=reach(estimate),
                color=color,
                marker=marker,
                markersize=5,
                capsize=2,
                linestyle="none",
                label=text,
                zorder=3,
                # The highest may stand at the top of the axis.
                clip_on=False,
            )
    error_axis(ax, "training error of S(t)")
    ax.set(ylabel="final test error")
    ax.set_ylim(bottom=0)
    mark(ax, content.inversion_error, ERROR_STAR)
    if sigma == 0:
        # Room above the curve, which may lie anywhere in the panel.
        ncols = 2 if inches(ax.xaxis) > NARROW else 1
        ax.set_ylim(top=(1.5 if ncols == 2 else 2) * ax.get_ylim()[1])
        ax.legend(loc="upper center", ncols=ncols, columnspacing=0.8, handletextpad=0.4, handlelength=1.2, fontsize=6)


def draw_noisy_test_error(ax: Axes, content: Content) -> None:
    """With several noises on the test data: S(t), nothing and stragglers of each."""
    shades = sns.color_palette("crest", len(content.sigmas))
    for sigma, shade, marker in zip(content.sigmas, shades, "osDv^P", strict=False):
        rows = content.ablation[content.ablation["sigma"] == sigma]
        columns = ["removed_error", "value", "low", "high"]
        label = {"label": f"σ = {sigma:g}", "marker": marker, "markersize": 3}
        curve(ax, *removal_curve(rows)[columns].to_numpy(float).T, shade, **label)
        ax.axhline(final_error(rows, "none").value, color=shade, linestyle=":", linewidth=1)
        stragglers = final_error(rows, "stragglers").value
        ax.plot(content.inversion_error, stragglers, "D", color=REMOVALS["stragglers"][1], zorder=3)
    error_axis(ax, "training error of S(t)")
    ncols = 3 if inches(ax.xaxis) > NARROW else 1
    ax.set_ylim(0, (1.25 if ncols == 3 else 1.7) * ax.get_ylim()[1])
    mark(ax, content.inversion_error, ERROR_STAR)
    ax.legend(loc="upper center", ncols=ncols, columnspacing=0.8, handletextpad=0.4, fontsize=6)


def draw_conservation(ax: Axes, content: Content) -> None:
    """z against training error, where pairs share enough points for it to mean something."""
    rows = content.compared
    for alignment, (text, line, color) in ALIGNMENTS.items():
        aligned = rows[rows["alignment"] == alignment].sort_values("epoch")
        ax.plot(aligned["train_error"], aligned["z"], line, color=color, label=text, linewidth=1)
    error_axis(ax, TRAIN_ERROR)
    ax.set_ylabel("conservation z")
    mark(ax, content.inversion_error, ERROR_STAR)
    ax.legend(title="runs at same", title_fontsize=7, alignment="left")


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    rows = content.ablation
    errors = {
        sigma: {
            REMOVALS[kind][0]: estimate
            for kind in ("none", "random", "stragglers")
            if np.isfinite((estimate := final_error(rows[rows["sigma"] == sigma], kind)).value)
        }
        for sigma in ([0.0, *content.sigmas] if len(rows) else ())
    }
    peak = content.peak[content.peak["alignment"] == "epoch"]
    return {
        "letters": letters(panels(content)),
        "has_features": len(content.exemplars.features) > 0,
        "title": content.title,
        "observable": OBSERVABLES[content.observable][0],
        "observables": [symbol for symbol, _ in shown(content.inversion).values()],
        "n_seeds": rows["seed"].nunique(),
        "n_draws": int(rows.loc[rows["removed"] == "random", "draw"].nunique()),
        "errors": errors,
        "n_noises": len(content.sigmas),
        "inverted": {
            REMOVALS[kind][0]: (int(found.sum()), len(found))
            for kind in ("none", "random", "stragglers")
            if len(found := rows[(rows["removed"] == kind) & (rows["sigma"] == 0)]["inversion_found"].astype(bool))
        },
        "n_grid": int(rows.loc[rows["removed"] == "misclassified_at", "draw"].nunique()),
        "n_inverted": len(inverted(content.inversion, content.observable)),
        "error_star": mean_interval(inverted(content.inversion, content.observable)["train_error"]),
        "n_paired": content.n_paired,
        "least_common": PEAK_LEAST_COMMON,
        "peaks": [
            Estimate(row.train_error, row.ci_low, row.ci_high)
            for row in peak.itertuples()
            if np.isfinite(row.train_error)
        ],
    }
