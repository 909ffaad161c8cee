"""Fig. 3: how far the straggler fraction and the stragglers themselves depend on data and architecture."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..study.cell import REFERENCE
from ..support.intervals import Estimate
from ..tables.rows import COMPLETE, defining_by_network, inverted, mean_interval, read, rows_of
from ..tables.subject import Subject
from .layout import Panel, arrange, key, letters
from .style import (
    INVERSION_ERROR,
    OBSERVABLES,
    entry,
    interval,
    inverted_count,
    rows_axis,
    runs,
    series,
    shown,
    styled,
)

CONSENSUS = ("consensus φ_c", "#000000")
MARKERS = {"R_minus": "o", "D": "s", "R_plus": "^", "R": "v", "consensus": "D"}
OVERLAPS = {"networks_shared": "networks", "optimizers": "optimisers"}
"""Panels of overlaps -> between what they are."""
ANNOTATED = 14
"""Most rows of the matrix whose cells can hold a number of a legible size."""


@dataclass(frozen=True)
class Content:
    """What the figure shows of all main datasets of a study."""

    subject: Subject
    """Its first main dataset is the one of the overlaps."""
    inversion: pd.DataFrame
    """Rows of ``inversion`` of untouched ``gd`` runs on main datasets, at the defining layer."""
    consensus: pd.DataFrame
    """Rows of ``consensus`` of the reference network and optimiser, kind ``consensus``."""
    overlap: pd.DataFrame
    """Rows of ``overlap`` for the first main dataset."""

    def runs_of(self, dataset: str, network: str, observable: str) -> pd.DataFrame:
        return rows_of(self.inversion, {"dataset": dataset, "network": network, "observable": observable})

    def consensus_of(self, dataset: str) -> Estimate:
        for row in self.consensus[self.consensus["dataset"] == dataset].itertuples():
            return Estimate(row.fraction, row.ci_low, row.ci_high)
        return Estimate(np.nan, np.nan, np.nan)

    @property
    def observable(self) -> str:
        return self.subject.defining.observable

    @property
    def titles(self) -> Mapping[str, str]:
        return self.subject.main

    @property
    def networks(self) -> dict[str, list[str]]:
        """Main dataset -> its networks, where it has more than the reference."""
        found = {name: list(self.inversion.query("dataset == @name")["network"].unique()) for name in self.titles}
        return {name: networks for name, networks in found.items() if len(networks) > 1}


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    main = list(subject.main)
    inversion = read(
        files["inversion"],
        ["dataset", "network", "layer", "seed", "observable", "found", "train_error"],
        dataset=main,
        optimizer=REFERENCE["optimizer"],
        **COMPLETE,
    )
    fractions = ["dataset", "fraction", "ci_low", "ci_high"]
    pairs = ["network_a", "optimizer_a", "network_b", "optimizer_b", "n_pairs", "jaccard"]
    return Content(
        subject=subject,
        inversion=defining_by_network(inversion, subject.defining),
        consensus=read(files["consensus"], fractions, dataset=main, kind="consensus", **REFERENCE),
        overlap=read(files["overlap"], pairs, dataset=main[0]),
    )


def panels(content: Content) -> dict[str, Panel]:
    """The datasets, and networks and optimisers where there are several."""
    several = len(content.networks)
    names = list(dict.fromkeys(name for networks in content.networks.values() for name in networks))
    found = {}
    if content.inversion["found"].astype(bool).any():
        height = 0.75 + max(0.34 * len(content.titles), 0.5)
        found["datasets"] = Panel(partial(draw_datasets, content=content), "datasets", height=height)
    if names and found:
        height = 0.55 + 0.14 * several * (several > 1) + (0.1 + 0.08 * several) * len(names)
        found["networks"] = Panel(partial(draw_networks, content=content), "networks", height=height)
    for kind in OVERLAPS:
        matrix = overlap_matrix(content.overlap, content.subject, kind)
        if len(matrix) > 1 and matrix.notna().any(axis=None):
            text = f"{next(iter(content.titles.values()))}: stragglers shared by {OVERLAPS[kind]}"
            height = 0.9 + 0.18 * len(matrix)
            found[kind] = Panel(partial(draw_overlap, matrix=matrix), text, height=height)
    return found


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    return arrange(panels(content), columns, "No run with the reference optimiser inverts.")[0]


def draw_datasets(ax: Axes, content: Content) -> None:
    """ε* at each observable and the consensus fraction, by main dataset, with 95 % intervals."""
    stated = content.subject.stated_fraction
    if stated:
        label = "{:g}-{:g} %, as claimed".format(*(100 * end for end in stated))
        ax.axvspan(*stated, color="0.9", linewidth=0, zorder=0, label=label)
    observables = {name: shown(content.inversion[content.inversion["dataset"] == name]) for name in content.titles}
    for observable, (symbol, color) in OBSERVABLES.items():
        if any(observable in of_dataset for of_dataset in observables.values()):
            entry(ax, f"ε* at {symbol}", color, MARKERS[observable])
    entry(ax, *CONSENSUS, MARKERS["consensus"])
    for row, name in enumerate(content.titles):
        for place, (observable, (_, color)) in enumerate(observables[name].items()):
            errors = inverted(content.runs_of(name, REFERENCE["network"], observable), observable)["train_error"]
            interval(ax, row - 0.27 + 0.18 * place, mean_interval(errors), color, MARKERS[observable])
        interval(ax, row + 0.27, content.consensus_of(name), CONSENSUS[1], MARKERS["consensus"])
        defining = content.runs_of(name, REFERENCE["network"], content.observable)
        inverted_count(ax, row, int(defining["found"].sum()), len(defining))
    rows_axis(ax, list(content.titles.values()))
    ax.set_xlabel("fraction of training points")
    ax.set_xlim(0, 1.08 * max(*(stated or (0,)), ax.dataLim.x1))
    key(ax, 2)


def draw_networks(ax: Axes, content: Content) -> None:
    """ε* by network, a colour a main dataset, and how many runs inverted where not all did."""
    names = list(dict.fromkeys(name for networks in content.networks.values() for name in networks))
    several = len(content.networks) > 1
    for number, (dataset, networks) in enumerate(content.networks.items()):
        shift = 0.8 * ((number + 0.5) / len(content.networks) - 0.5)
        color, marker = series(number) if several else (OBSERVABLES[content.observable][1], "o")
        if several:
            entry(ax, content.titles[dataset], color, marker)
        for network in networks:
            rows = content.runs_of(dataset, network, content.observable)
            errors = inverted(rows, content.observable)["train_error"].to_numpy(float)
            y = names.index(network) + shift
            if not several:
                runs(ax, y + 0.28, errors, color)
            interval(ax, y, mean_interval(errors), color, marker)
            inverted_count(ax, y, len(errors), len(rows), *((color, 6) if several else ()))
    rows_axis(ax, [content.subject.networks[name] for name in names])
    ax.set_xlabel(INVERSION_ERROR)
    ax.set_xlim(left=0)
    if several:
        key(ax, 2, width=24)


def overlap_matrix(overlap: pd.DataFrame, subject: Subject, kind: str) -> pd.DataFrame:
    """Mean Jaccard index between straggler sets, symmetric, of a kind of :data:`OVERLAPS`: the reference and

    other networks under any optimiser, or the reference network under others. NaN where no pair of runs of different
    seeds has both.
    """
    reference = REFERENCE["network"]
    for side in "ab" if len(overlap) else "":
        plain = (overlap[f"network_{side}"] == reference) & (overlap[f"optimizer_{side}"] == REFERENCE["optimizer"])
        same = overlap[f"network_{side}"] == reference
        overlap = overlap[plain | (same if kind == "optimizers" else ~same)]
    names = overlap.astype({f"{part}_{side}": str for part in ("network", "optimizer") for side in "ab"})
    a, b = (names[f"network_{side}"] + "\n" + names[f"optimizer_{side}"] for side in "ab")
    cells = list(dict.fromkeys([*a, *b]))
    matrix = pd.DataFrame(np.nan, index=cells, columns=cells)
    for first, second, jaccard, n_pairs in zip(a, b, overlap["jaccard"], overlap["n_pairs"], strict=True):
        if n_pairs > 0:
            matrix.loc[first, second] = matrix.loc[second, first] = jaccard
    labels = [subject.cell(*cell.split("\n")) for cell in cells]
    return matrix.set_axis(labels, axis=0).set_axis(labels, axis=1)


def draw_overlap(ax: Axes, matrix: pd.DataFrame) -> None:
    """The matrix, grey where no pairs are."""
    text = matrix.map(lambda value: f"{value:.2f}".removeprefix("0") if np.isfinite(value) else "")
    sns.heatmap(
        matrix,
        ax=ax,
        vmin=0,
        vmax=1,
        cmap="Blues",
        annot=text if len(matrix) <= ANNOTATED else None,
        fmt="",
        annot_kws={"fontsize": 6},
        linewidths=0.4,
        linecolor="white",
        xticklabels=True,
        yticklabels=True,
        cbar_kws={"label": "mean Jaccard index", "aspect": 30, "pad": 0.03},
    )
    # Blank is neither white, which is a low overlap, nor a colour.
    ax.set_facecolor("0.88")
    ax.tick_params(length=0)
    ax.tick_params(axis="x", rotation=90)


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    datasets = []
    for name, text in content.titles.items():
        rows = content.runs_of(name, REFERENCE["network"], content.observable)
        errors = inverted(rows, content.observable)["train_error"]
        datasets.append(
            {
                "title": text,
                "error": mean_interval(errors),
                "consensus": content.consensus_of(name),
                "n_inverted": len(errors),
                "n_runs": len(rows),
            }
        )
    paired = content.overlap[content.overlap["n_pairs"] > 0]
    between = paired[(paired["network_a"] != paired["network_b"]) | (paired["optimizer_a"] != paired["optimizer_b"])]
    return {
        "letters": letters(panels(content)),
        "stated": content.subject.stated_fraction,
        "observable": OBSERVABLES[content.observable][0],
        "datasets": datasets,
        "networks": {content.titles[name]: len(networks) for name, networks in content.networks.items()},
        "overlap_title": next(iter(content.titles.values())),
        "n_pairs": (int(paired["n_pairs"].min()), int(paired["n_pairs"].max())) if len(paired) else (0, 0),
        "jaccard": (between["jaccard"].min(), between["jaccard"].max()) if len(between) else None,
    }
