"""Fig. 1: class manifolds segregate, then turn, at one training error whatever the optimiser and subsample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..geometry.manifolds import R
from ..study.cell import REFERENCE
from ..tables.rows import COMPLETE, EPOCHS_DRAWN, defining_by_network, inverted, mean_interval, read
from ..tables.subject import Subject
from ..training.trajectory import logarithmic_epochs
from .layout import Panel, arrange, key, letters
from .style import (
    COLOURS,
    ERROR_STAR,
    INVERSION_EPOCH,
    INVERSION_ERROR,
    LINES,
    OBSERVABLES,
    T_STAR,
    curve,
    epoch_axis,
    error_axis,
    interval,
    inverted_count,
    legend_label,
    mark,
    plain_log_ticks,
    rows_axis,
    runs,
    shown,
    styled,
)

MARKERS = "osD^vPXdp*h<>"
KEYED = 8
"""Most optimisers that the panel has room to name."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of one main dataset, the reference network throughout."""

    title: str
    observable: str
    """The one that defines t* and ε*."""
    dynamics: pd.DataFrame
    """Rows of ``dynamics``: untouched ``gd`` runs on the main dataset, at the defining layer."""
    radii: pd.DataFrame
    """Rows of ``manifolds`` of the same runs: the radius of each group, ``class_a``."""
    reference: pd.DataFrame
    """Rows of ``inversion`` for the same runs, all observables."""
    by_optimizer: Sequence[tuple[str, pd.DataFrame]]
    """Title of each optimiser, and its rows of ``inversion`` on the main dataset."""
    by_subset: Mapping[str, pd.DataFrame]
    """Label of the subset -> rows of ``inversion`` with ``gd``, from few points to many."""

    def inverted(self, rows: pd.DataFrame) -> bool:
        """Whether any of the runs inverted in the observable."""
        return len(inverted(rows, self.observable)) > 0


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    (family,) = subject.families
    main = family[0]
    inversion = read(
        files["inversion"],
        ["dataset", "subset", "network", "layer", "optimizer", "seed", "observable", "found", "epoch", "train_error"],
        dataset=family,
        network=REFERENCE["network"],
        **COMPLETE,
    )
    inversion = defining_by_network(inversion, subject.defining)
    untouched = {
        "dataset": main,
        **REFERENCE,
        "removed": "none",
        "layer": [int(layer) for layer in inversion["layer"].unique()],
    }
    dynamics = read(
        files["dynamics"],
        ["seed", "epoch", "train_error", *OBSERVABLES],
        epoch=logarithmic_epochs(subject.epochs, EPOCHS_DRAWN).tolist(),
        **untouched,
    )
    on_main = inversion[inversion["dataset"] == main]
    reference = inversion[inversion["optimizer"] == REFERENCE["optimizer"]]
    sizes = read(files["stragglers"], ["dataset"], dataset=family, **REFERENCE)["dataset"].value_counts()
    by_dataset = {name: rows for name in family if len(rows := reference[reference["dataset"] == name])}
    return Content(
        title=subject.titles[main],
        observable=subject.defining.observable,
        dynamics=dynamics.drop_duplicates(["seed", "epoch"]),
        radii=read(files["manifolds"], ["seed", "epoch", "class_a", "value"], class_b=None, **untouched),
        reference=reference[reference["dataset"] == main],
        by_optimizer=[(subject.optimizers[name], rows) for name, rows in on_main.groupby("optimizer", sort=False)],
        by_subset={
            subset_label(rows["subset"].iloc[0], sizes[name]): rows
            for name, rows in sorted(by_dataset.items(), key=lambda item: sizes.get(item[0], 0))
            if name in sizes
        },
    )


def subset_label(subset: str, n_samples: int) -> str:
    """What the tables call a subset, with its size unless that says it."""
    return subset if str(n_samples) in subset else f"{subset}, P = {n_samples}"


def panels(content: Content) -> dict[str, Panel]:
    """Those of which the study has runs: its optimisers and subsets where there are several."""
    many = len(content.by_optimizer) > KEYED
    found = {
        "time": Panel(partial(draw_in_time, content=content), content.title),
        "error": Panel(partial(draw_against_error, content=content), "against training error, every seed"),
        "optimizers": Panel(
            partial(draw_optimizers, content=content),
            "optimisers",
            height=2.0 + 0.14 * len(content.by_optimizer) * many,
        ),
        "subsets": Panel(partial(draw_subsets, content=content), "subsamples"),
    }
    there = {
        "time": len(content.dynamics) > 0,
        "error": (content.dynamics["train_error"] > 0).any(),
        "optimizers": len(content.by_optimizer) > 1 and any(content.inverted(rows) for _, rows in content.by_optimizer),
        "subsets": len(content.by_subset) > 1 and any(map(content.inverted, content.by_subset.values())),
    }
    return {name: panel for name, panel in found.items() if there[name]}


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    figure, axes = arrange(panels(content), columns, f"{content.title}: no runs of the reference network.")
    if {"time", "error"} <= {*axes}:
        both = [axes["time"].dataLim.intervaly, axes["error"].dataLim.intervaly]
        axes["time"].update_datalim([(1, np.min(both)), (1, np.max(both))])
        axes["time"].autoscale_view(scalex=False)
        axes["error"].sharey(axes["time"])
    return figure


def draw_in_time(ax: Axes, content: Content) -> None:
    """Mean and standard deviation of radii and distance over seeds against epoch.

    Of more than two groups the mean radius and distance, and in thin lines every group's radius.
    """
    over_seeds = content.dynamics.query("epoch > 0").groupby("epoch")
    observables = shown(content.dynamics)
    for name, (symbol, color) in observables.items():
        mean, sd = over_seeds[name].mean(), over_seeds[name].std().fillna(0)
        curve(ax, mean.index, mean, mean - sd, mean + sd, color, symbol, linestyle=LINES[name])
    if R.name in observables:
        radii = content.radii.groupby(["class_a", "epoch"])["value"].mean()
        for number, (_, radius) in enumerate(radii.groupby("class_a")):
            label = {"label": f"{R.symbol} by group"} if number == 0 else {}
            ax.plot(radius.index.get_level_values("epoch"), radius, color=R.colour, linewidth=0.4, alpha=0.7, **label)
    ax.margins(x=0.02)
    ax.set_ylabel(geometry(observables))
    epoch_axis(ax)
    mark(ax, inverted(content.reference, content.observable)["epoch"].astype(float).mean(), T_STAR)
    ax.legend()


def geometry(observables: Mapping[str, tuple[str, str]]) -> str:
    """Name of the axis of these observables."""
    return ", ".join(symbol for symbol, _ in observables.values()) + " (unit sphere)"


def draw_against_error(ax: Axes, content: Content) -> None:
    """The same against training error, a line a seed."""
    trained = content.dynamics.query("train_error > 0")
    for _, run in trained.groupby("seed"):
        for name, (_, color) in shown(content.dynamics).items():
            ax.plot(run["train_error"], run[name], color=color, linestyle=LINES[name], linewidth=0.6, alpha=0.6)
    ax.set_ylabel(geometry(shown(content.dynamics)))
    ax.margins(x=0.02)
    error_axis(ax)
    mark(ax, inverted(content.reference, content.observable)["train_error"].mean(), ERROR_STAR)


def draw_optimizers(ax: Axes, content: Content) -> None:
    """t* against ε*, a point a run: the epochs scatter, the errors do not."""
    found = [inverted(rows, content.observable) for _, rows in content.by_optimizer]
    for number, ((text, of_optimizer), rows) in enumerate(zip(content.by_optimizer, found, strict=True)):
        ax.plot(
            rows["train_error"],
            rows["epoch"].astype(float),
            linestyle="none",
            marker=MARKERS[number % len(MARKERS)],
            color=COLOURS[number % len(COLOURS)],
            markeredgecolor="white",
            markeredgewidth=0.3,
            label=legend_label(f"{text} ({len(rows)}/{rows_of_runs(of_optimizer, content.observable)})"),
        )
    ax.set(yscale="log", xlabel=INVERSION_ERROR, ylabel=INVERSION_EPOCH)
    plain_log_ticks(ax.yaxis)
    # From 0, so that lengths along the axis compare as the errors do.
    ax.set_xlim(0, 1.15 * max(rows["train_error"].max() for rows in found if len(rows)))
    heading = {"title": "optimiser (inverted/runs)", "title_fontsize": 7, "alignment": "left"}
    if len(found) > KEYED:
        key(ax, 2, width=30, **heading)
    else:
        ax.legend(loc="upper left", **heading)


def rows_of_runs(inversion: pd.DataFrame, observable: str) -> int:
    return int((inversion["observable"] == observable).sum())


def draw_subsets(ax: Axes, content: Content) -> None:
    """ε* of every run by subset, mean and 95 % interval."""
    _, color = OBSERVABLES[content.observable]
    largest = 0.0
    for y, rows in enumerate(content.by_subset.values()):
        errors = inverted(rows, content.observable)["train_error"].to_numpy(float)
        runs(ax, y + 0.22, errors, color)
        interval(ax, y, mean_interval(errors), color)
        inverted_count(ax, y, len(errors), rows_of_runs(rows, content.observable))
        largest = max(largest, errors.max(initial=0))
    rows_axis(ax, list(content.by_subset))
    ax.set(xlabel=INVERSION_ERROR, xlim=(0, 1.15 * largest))
    mark(ax, inverted(content.reference, content.observable)["train_error"].mean())


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template, for the observable that defines t* and ε*."""
    at = inverted(content.reference, content.observable)
    optimizers = [
        rows for _, of_optimizer in content.by_optimizer if len(rows := inverted(of_optimizer, content.observable))
    ]
    subsets = {name: inverted(rows, content.observable)["train_error"] for name, rows in content.by_subset.items()}
    return {
        "letters": letters(panels(content)),
        "title": content.title,
        "observable": OBSERVABLES[content.observable][0],
        "n_runs": rows_of_runs(content.reference, content.observable),
        "n_inverted": len(at),
        "epochs": at["epoch"].to_numpy(float),
        "errors": at["train_error"].to_numpy(float),
        "error": mean_interval(at["train_error"]),
        "errors_by_observable": {
            symbol: inverted(content.reference, name)["train_error"].to_numpy(float)
            for name, (symbol, _) in shown(content.reference).items()
            if len(inverted(content.reference, name))
        },
        "n_groups": content.radii["class_a"].nunique(),
        "n_optimizers": len(optimizers),
        "n_optimizer_runs": sum(map(len, optimizers)),
        "optimizer_epochs": _extremes(rows["epoch"].astype(float).mean() for rows in optimizers),
        "optimizer_errors": _extremes(rows["train_error"].mean() for rows in optimizers),
        "subsets": {name: (mean_interval(errors), len(errors)) for name, errors in subsets.items() if len(errors)},
    }


def _extremes(values) -> tuple[float, float]:
    values = list(values)
    return (min(values), max(values)) if values else (np.nan, np.nan)
