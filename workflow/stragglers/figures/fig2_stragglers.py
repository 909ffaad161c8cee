"""Fig. 2: stragglers make the inversion, look unlike the rest, and carry what generalises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from .style import (
    ERROR_STAR,
    OBSERVABLES,
    REMOVALS,
    TRAIN_ERROR,
    WIDTH,
    curve,
    epoch_axis,
    error_axis,
    mark,
    note,
    reach,
    shown,
    styled,
    title,
)

SHEET_COLUMNS = 7
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


@styled
def draw(content: Content) -> Figure:
    figure = Figure(figsize=(WIDTH, 6))
    grid = figure.add_gridspec(3, 1, height_ratios=[1.8, 1.45, 2])
    observables = sorted(shown(content.inversion), key=lambda name: name != "D")
    columns = len(observables), 2, 3
    top, middle, bottom = (grid[row].subgridspec(1, number) for row, number in enumerate(columns))
    draw_removals([figure.add_subplot(part) for part in top], observables, content)
    sheets = [figure.add_subplot(middle[i]) for i in range(2)]
    for ax, kind, text in zip(sheets, ("straggler", "typical"), ("stragglers", "typical points"), strict=True):
        draw_sheet(ax, content.exemplars, kind)
        title(ax, "b" if kind == "straggler" else "", f"{text} (class, straggler rate)")
    clean, noisy, conserved = (figure.add_subplot(bottom[i]) for i in range(3))
    draw_test_error(clean, content, 0.0)
    title(clean, "c", "clean test data")
    if content.sigmas:
        draw_noisy_test_error(noisy, content)
    else:
        note(noisy, "no noisy test data in this study")
    title(noisy, "", "noisy test data" + (f", σ = {content.sigmas[0]:g}" if len(content.sigmas) == 1 else ""))
    draw_conservation(conserved, content)
    title(conserved, "d", "conservation")
    return figure


def draw_removals(axes: Sequence[Axes], observables: Sequence[str], content: Content) -> None:
    """Panel a: ``observables``, one an ax, against epoch with nothing, random points and stragglers removed."""
    trained = content.dynamics.query("epoch > 0")
    over_draws = trained.groupby(["removed", "seed", "epoch"], as_index=False)[[*observables]].mean()
    kinds = [kind for kind in ("none", "random", "stragglers") if kind in set(over_draws["removed"])]
    for ax, name in zip(axes, observables, strict=True):
        symbol, _ = OBSERVABLES[name]
        title(ax, "a" if ax is axes[0] else "", content.title if ax is axes[0] else "")
        if not kinds:
            note(ax)
            continue
        for kind in kinds:
            text, color = REMOVALS[kind]
            over_seeds = over_draws[over_draws["removed"] == kind].groupby("epoch")[name]
            mean, sd = over_seeds.mean(), over_seeds.std().fillna(0)
            curve(ax, mean.index, mean, mean - sd, mean + sd, color, f"{text} removed")
        ax.margins(x=0.02)
        ax.set_ylabel(f"{symbol} (unit sphere)")
        epoch_axis(ax)
    if kinds:
        # Above the panels: inside, some study's curve would pass behind it.
        handles, labels = axes[0].get_legend_handles_labels()
        legend = axes[-1].legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(kinds))
        # Else the layout makes room for its width in this one panel.
        legend.set_in_layout(False)


def draw_sheet(ax: Axes, exemplars: Exemplars, kind: str) -> None:
    """Panel b: points of a kind in rows of seven, class and straggler rate below each."""
    points = exemplars.of(kind)
    if len(points.images) == 0:
        return note(ax, "none in this study")
    low, high = exemplars.images.min(), exemplars.images.max()
    scale = {"cmap": "gray_r", "vmin": low, "vmax": high, "interpolation": "none"}
    for number, image in enumerate(points.images):
        row, column = divmod(number, SHEET_COLUMNS)
        if image.ndim == 3 and image.dtype != np.uint8:
            image = (image - low) / (high - low or 1)
        ax.imshow(image, extent=(column + 0.06, column + 0.94, 1.4 * row + 0.88, 1.4 * row), aspect="auto", **scale)
        text = f"{points.classes[number]}, {points.rate[number]:.2f}"
        ax.text(column + 0.5, 1.4 * row + 0.94, text, ha="center", va="top", fontsize=7)
    rows = -(-len(points.images) // SHEET_COLUMNS)
    ax.set(xlim=(0, SHEET_COLUMNS), ylim=(1.4 * rows - 0.1, -0.06), aspect="equal", anchor="NW")
    ax.set_axis_off()


def draw_test_error(ax: Axes, content: Content, sigma: float) -> None:
    """Panel c: test error after retraining without S(t), against the training error of S(t).

    Mean and 95 % interval over seeds for each t of the grid. Beside it, what removing nothing,
    random points and stragglers gives.
    """
    rows = content.ablation[content.ablation["sigma"] == sigma] if len(content.ablation) else content.ablation
    if rows.empty:
        return note(ax)
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
            )
    error_axis(ax, "training error of removed set")
    ax.set(ylabel="final test error")
    ax.set_ylim(bottom=0)
    mark(ax, content.inversion_error, ERROR_STAR)
    if sigma == 0:
        # Room above the curve, which may lie anywhere in the panel.
        ax.set_ylim(top=1.5 * ax.get_ylim()[1])
        ax.legend(loc="upper center", ncols=2, columnspacing=0.8, handletextpad=0.4, handlelength=1, fontsize=6)


def draw_noisy_test_error(ax: Axes, content: Content) -> None:
    """Panel c, with noise: as on clean data, or where there are several noises S(t), nothing and stragglers of each."""
    if len(content.sigmas) == 1:
        draw_test_error(ax, content, content.sigmas[0])
    else:
        shades = sns.color_palette("crest", len(content.sigmas))
        for sigma, shade, marker in zip(content.sigmas, shades, "osDv^P", strict=False):
            rows = content.ablation[content.ablation["sigma"] == sigma]
            columns = ["removed_error", "value", "low", "high"]
            label = {"label": f"σ = {sigma:g}", "marker": marker, "markersize": 3}
            curve(ax, *removal_curve(rows)[columns].to_numpy(float).T, shade, **label)
            ax.axhline(final_error(rows, "none").value, color=shade, linestyle=":", linewidth=1)
            stragglers = final_error(rows, "stragglers").value
            ax.plot(content.inversion_error, stragglers, "D", color=REMOVALS["stragglers"][1], zorder=3)
        error_axis(ax, "training error of removed set")
        ax.set_ylim(0, 1.25 * ax.get_ylim()[1])
        mark(ax, content.inversion_error, ERROR_STAR)
        ax.legend(loc="upper center", ncols=3, columnspacing=0.8, handletextpad=0.4, fontsize=6)
    ax.set_ylabel("")


def draw_conservation(ax: Axes, content: Content) -> None:
    """Panel d: z against training error, where pairs share enough points for it to mean something."""
    rows = content.conservation
    rows = rows[(rows["mean_common"] >= PEAK_LEAST_COMMON) & rows["z"].notna()]
    if rows.empty:
        return note(ax, "too few common points" if content.n_paired > 1 else "no pairs of runs in this study")
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
        "n_exemplars": int((content.exemplars.kind == "straggler").sum()),
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
