"""Fig. S5: what the inversion depends on: shares of variance, number of points, hidden layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..study.cell import REFERENCE
from ..support.intervals import Estimate
from ..support.sealed import read_table
from ..tables.rows import COMPLETE, inverted, mean_interval, read, rows_of
from ..tables.subject import Subject
from .layout import Panel, arrange, letters
from .style import (
    INVERSION_ERROR,
    OBSERVABLES,
    entry,
    interval,
    inverted_count,
    plain_log_ticks,
    reach,
    rows_axis,
    series,
    styled,
)

QUANTITIES = {"train_error": ("ε*", "#000000", "o"), "log_epoch": ("log t*", "#56B4E9", "s")}
"""What the ``variance`` table's ``quantity`` says -> name, colour, marker."""

COMPONENTS = {"dataset": "dataset", "optimizer": "optimiser", "interaction": "both together", "seed": "seed"}
OF_DATASETS = ("dataset", "interaction")
"""Components that one dataset alone does not have."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of all main datasets of a study, with the reference optimiser in (b, c)."""

    subject: Subject
    variance: pd.DataFrame
    """The ``variance`` table."""
    n_samples: Mapping[str, int]
    """Dataset -> P."""
    inversion: pd.DataFrame
    """Rows of ``inversion`` of untouched runs for ``observable``, all layers."""

    @property
    def observable(self) -> str:
        return self.subject.defining.observable

    def runs_of(self, dataset: str, network: str = REFERENCE["network"], layer: int = 1) -> pd.DataFrame:
        return rows_of(self.inversion, {"dataset": dataset, "network": network, "layer": layer})

    @property
    def layers(self) -> dict[str, list[str]]:
        """Main dataset -> its networks with several hidden layers, where it has such."""
        deep = self.inversion[self.inversion["layer"] > 1]
        found = {
            family[0]: list(deep.query("dataset == @family[0]")["network"].unique()) for family in self.subject.families
        }
        return {name: networks for name, networks in found.items() if networks}

    def style(self, dataset: str) -> tuple[Any, str]:
        """Colour and marker of a main dataset."""
        return series([family[0] for family in self.subject.families].index(dataset))


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    sizes = read(files["linear"], ["dataset", "n_samples"]).drop_duplicates()
    inversion = read(
        files["inversion"],
        ["dataset", "network", "layer", "observable", "found", "train_error"],
        optimizer=REFERENCE["optimizer"],
        observable=subject.defining.observable,
        **COMPLETE,
    )
    return Content(
        subject=subject,
        variance=read_table(files["variance"]),
        n_samples=dict(zip(sizes["dataset"], sizes["n_samples"], strict=True)),
        inversion=inversion,
    )


def panels(content: Content) -> dict[str, Panel]:
    """Those of what varies in the study."""
    found = {}
    if len(content.variance):
        found["shares"] = Panel(partial(draw_shares, content=content), "shares of variance")
    if sizes_of(content):
        found["sizes"] = Panel(partial(draw_sizes, content=content), "number of points")
    if deep := sorted({network for networks in content.layers.values() for network in networks}):
        n_rows = sum(depth_of(content, network) for network in deep)
        height = 0.3 + n_rows * (0.1 + 0.09 * len(content.layers))
        draws = partial(draw_layers, content=content, deep=deep)
        found["layers"] = Panel(draws, "hidden layers", 3 if n_rows < 5 else 6, 6, height, rigid=True)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    figure, axes = arrange(panels(content), columns, "One optimiser, no subsamples of other sizes, no deep networks.")
    several = dict.fromkeys([*sizes_of(content), *content.layers])
    if len(several) > 1:
        # Outside, of all panels.
        ax = next(iter(axes.values()))
        handles = [entry(ax, content.subject.main[name], *content.style(name)) for name in several]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def draw_shares(ax: Axes, content: Content) -> None:
    """Share of each component with its 95 % interval over seeds."""
    n_datasets = content.variance["n_datasets"].iloc[0]
    components = [name for name in COMPONENTS if n_datasets > 1 or name not in OF_DATASETS]
    for place, (quantity, (text, color, marker)) in enumerate(QUANTITIES.items()):
        entry(ax, text, color, marker)
        rows = content.variance[content.variance["quantity"] == quantity].set_index("component")
        for row, component in enumerate(components):
            if component in rows.index:
                estimate = Estimate(*rows.loc[component, ["share", "ci_low", "ci_high"]])
                interval(ax, row - 0.15 + 0.3 * place, estimate, color, marker)
    rows_axis(ax, [COMPONENTS[component] for component in components])
    ax.set(xlabel="share of the sum of squares", xlim=(-0.02, 1.02))
    ax.legend()


def sizes_of(content: Content) -> dict[str, list[str]]:
    """Main dataset -> itself and its subsamples, where those differ in P."""
    families = {family[0]: list(family) for family in content.subject.families}
    return {
        name: family
        for name, family in families.items()
        if len({content.n_samples[dataset] for dataset in family if dataset in content.n_samples}) > 1
    }


def draw_sizes(ax: Axes, content: Content) -> None:
    """ε* against P, a point a subsample, means of each P joined."""
    for name, family in sizes_of(content).items():
        color, marker = content.style(name)
        means: dict[int, list[float]] = {}
        for dataset in family:
            errors = inverted(content.runs_of(dataset), content.observable)["train_error"].to_numpy(float)
            if len(errors):
                estimate, size = mean_interval(errors), content.n_samples[dataset]
                means.setdefault(size, []).append(estimate.value)
                ax.errorbar(size, estimate.value, reach(estimate), color=color, marker=marker, markersize=3, alpha=0.8)
        ax.plot(sorted(means), [np.mean(means[size]) for size in sorted(means)], color=color, linewidth=0.8)
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    ax.set_ylim(bottom=0)
    ax.set(xlabel="training points P", ylabel=INVERSION_ERROR)


def depth_of(content: Content, network: str) -> int:
    """Hidden layers of a network."""
    return int(content.inversion.loc[content.inversion["network"] == network, "layer"].max())


def draw_layers(ax: Axes, content: Content, deep: Sequence[str]) -> None:
    """ε* at each hidden layer of the deep networks, and how many runs inverted where not all did."""
    names = [(network, layer) for network in deep for layer in range(1, depth_of(content, network) + 1)]
    for number, (dataset, networks) in enumerate(content.layers.items()):
        color, marker = content.style(dataset)
        for row, (network, layer) in enumerate(names):
            rows = content.runs_of(dataset, network, layer)
            if network in networks and len(rows):
                y = row + 0.8 * ((number + 0.5) / len(content.layers) - 0.5)
                errors = inverted(rows, content.observable)["train_error"].to_numpy(float)
                interval(ax, y, mean_interval(errors), color, marker)
                inverted_count(ax, y, len(errors), len(rows), color, size=6)
    rows_axis(ax, [f"{content.subject.networks[network]}, layer {layer}" for network, layer in names], 30)
    ax.set_xlabel(INVERSION_ERROR)
    ax.set_xlim(left=0)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    first = content.variance.iloc[0] if len(content.variance) else None
    return {
        "letters": letters(panels(content)),
        "observable": OBSERVABLES[content.observable][0],
        "counts": None
        if first is None
        else {name: int(first[f"n_{name}"]) for name in ("datasets", "optimizers", "runs")},
        "sizes": {content.subject.main[name]: len(family) for name, family in sizes_of(content).items()},
        "layers": {content.subject.main[name]: len(networks) for name, networks in content.layers.items()},
    }
