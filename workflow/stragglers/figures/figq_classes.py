"""Does it hold for ten classes? What turns, and where, layer by layer, and whether the stragglers are parity's."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.removal import ratio_of
from ..geometry.manifolds import R
from ..study.cell import REFERENCE
from ..support.intervals import Estimate, share
from ..support.sealed import read_table
from ..tables.rows import COMPLETE, inverted, mean_interval, read, rows_of
from ..tables.subject import Subject
from .layout import Panel, arrange, key
from .style import INVERSION_ERROR, count, entry, interval, note, plain_log_ticks, reach, rows_axis, series, styled

COMPARED = {
    ("classes", "own"): "ten classes, own turns",
    ("classes", "parity"): "ten classes, parity",
    ("across", "parity"): "ten classes across parity, parity",
    ("own", "parity"): "own turns, parity",
}
"""Rankings that panel e compares -> name."""
REMOVED = {"stragglers": "stragglers", "random": "random, same classes", "uniform": "random, any class"}
NO_RUNS = "No reference runs on ten classes in this study."
PARITY = "0.35"


@dataclass(frozen=True)
class Content:
    """What the figure shows: the tables of the question, and rows of others, of the reference optimiser."""

    titles: dict[str, str]
    """Dataset of many groups -> title."""
    networks: Mapping[str, str]
    classes: pd.DataFrame
    points: pd.DataFrame
    radii: pd.DataFrame
    """Rows of ``inversion`` of the radius of one class, reference runs, first hidden layer."""
    ablation: pd.DataFrame
    """Rows on clean test data of runs that did not diverge."""

    def of_depth(self, shallow: bool) -> list[str]:
        """Networks with one hidden layer, or with several, in the order of the study."""
        deepest = self.classes.groupby("network", sort=False)["layer"].max()
        return list(deepest.index[(deepest == 1) == shallow])

    @property
    def shallow(self) -> list[str]:
        return self.of_depth(True)

    @property
    def deep(self) -> list[str]:
        return self.of_depth(False)

    @property
    def deepened(self) -> list[tuple[str, str]]:
        """Datasets of many groups and deep networks that learn them."""
        pairs = [(name, network) for name in self.titles for network in self.deep]
        return [pair for pair in pairs if self.row(*pair) is not None]

    def row(self, dataset: str, network: str, layer: int = 1) -> pd.Series | None:
        rows = rows_of(self.classes, {"dataset": dataset, "network": network, "layer": layer})
        return None if rows.empty else rows.iloc[0]

    def parity(self, dataset: str) -> pd.Series | None:
        """The row of parity's runs on the images of a dataset."""
        if (own := self.row(dataset, REFERENCE["network"])) is None:
            return None
        about = {"task": "parity", "network": REFERENCE["network"], "source": own["source"], "subset": own["subset"]}
        rows = rows_of(self.classes, about)
        return None if rows.empty else rows.iloc[0]


def gather(files: Mapping[str, str], subject: Subject) -> Content:
    classes = rows_of(read_table(files["classes"]), {"optimizer": REFERENCE["optimizer"]})
    names = set(classes.loc[classes["n_groups"] > 2, "dataset"])
    columns = ["dataset", "layer", "seed", "observable", "class_a", "class_b", "found", "train_error"]
    of_all = {name: value for name, value in COMPLETE.items() if name != "class_a"}
    radii = read(files["inversion"], columns, observable=R.name, **of_all, **REFERENCE)
    return Content(
        titles={name: text for name, text in subject.main.items() if name in names},
        networks=subject.networks,
        classes=classes,
        points=read_table(files["classes_points"]),
        radii=radii[radii["class_a"].notna() & (radii["layer"] == 1)],
        ablation=read(files["ablation"], None, diverged_at=None, sigma=0.0, **REFERENCE),
    )


@styled
def draw(content: Content, columns: int = 2) -> Figure:
    """Two columns wide, as its matrices need, also where one is asked for."""
    if not content.titles:
        return arrange({}, columns, NO_RUNS)[0]
    shown = {
        "ratio": (draw_ratio, "ε* over the linear residual", 2.0),
        "shares": (draw_shares, "how many classes invert", 2.0),
        "radii": (draw_radii, "class by class", 2.3),
        "layers": (draw_layers, "runs that invert, layer by layer", max(2.3, 0.3 + 0.2 * len(content.deepened))),
        "points": (draw_points, "the same points?", 2.2),
        "removal": (draw_removal, "without chosen points", 2.2),
    }
    panels = {
        name: Panel(partial(draw_panel, content=content), text, height=height)
        for name, (draw_panel, text, height) in shown.items()
    }
    return arrange(panels, max(columns, 2), "")[0]


def side_by_side(number: int, n: int, reach: float = 0.5) -> float:
    """Offset of the ``number``-th of ``n`` series from a common place."""
    return reach * (number - (n - 1) / 2) / max(n, 1)


def network_axis(ax: Axes, content: Content) -> None:
    names = content.shallow
    ax.set_xticks(range(len(names)), [content.networks[name] for name in names])
    ax.set_xlim(-0.6, len(names) - 0.4)


def draw_ratio(ax: Axes, content: Content) -> None:
    """Panel a: mean and 95 % interval by width; hollow, of parity."""
    for number, (name, text) in enumerate(content.titles.items()):
        color, marker = series(number)
        offset = side_by_side(number, len(content.titles))
        cells = [(place, content.row(name, network)) for place, network in enumerate(content.shallow)]
        for place, row in [(-0.32, content.parity(name)), *cells]:
            if row is None:
                continue
            estimate = Estimate(*(float(row[f"ratio{bound}"]) for bound in ("", "_low", "_high")))
            face = "white" if row["n_groups"] == 2 else color
            look = {"color": color, "marker": marker, "markerfacecolor": face, "capsize": 1.5, "linestyle": "none"}
            ax.errorbar(place + offset, estimate.value, yerr=reach(estimate), **look)
        entry(ax, text, color, marker)
    ax.axhline(1, color="0.6", linewidth=0.7, zorder=0)
    network_axis(ax, content)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("ε* over the error of LDA")
    key(ax, ncols=2, below=0.25)


def draw_shares(ax: Axes, content: Content) -> None:
    """Panel b: mean share of the classes that turn, and (hollow) of the networks in which all do."""
    for number, name in enumerate(content.titles):
        color, marker = series(number)
        offset = side_by_side(number, len(content.titles))
        for place, network in enumerate(content.shallow):
            if (row := content.row(name, network)) is None:
                continue
            of_classes = Estimate(*(float(row[f"radii{bound}"]) for bound in ("", "_low", "_high")))
            of_networks = share(int(row["n_all_radii"]), int(row["n_runs"]))
            for estimate, shift, face in ((of_classes, -0.04, color), (of_networks, 0.04, "white")):
                look = {"color": color, "marker": marker, "markerfacecolor": face, "capsize": 1.5}
                ax.errorbar(place + offset + shift, estimate.value, yerr=reach(estimate), **look)
    ax.plot([], [], "o", color=PARITY, label="classes")
    ax.plot([], [], "o", color=PARITY, markerfacecolor="white", label="networks in which all do")
    network_axis(ax, content)
    ax.set_ylim(-0.03, 1.05)
    ax.set_ylabel("share that inverts")
    key(ax, ncols=2, below=0.25)


def draw_radii(ax: Axes, content: Content) -> None:
    """Panel c: ε* of each class's radius, mean over the runs in which it turns, 95 % interval; hollow if few do."""
    groups = sorted(content.radii["class_a"].unique())
    for number, name in enumerate(content.titles):
        color, marker = series(number)
        of_dataset = content.radii[content.radii["dataset"] == name]
        for place, group in enumerate(groups):
            rows = of_dataset[of_dataset["class_a"] == group]
            errors = inverted(rows, R.name)["train_error"].to_numpy(float)
            if not len(errors):
                continue
            estimate = mean_interval(errors)
            face = color if len(errors) * 2 >= len(rows) else "white"
            look = {"color": color, "marker": marker, "markerfacecolor": face, "capsize": 1.5, "markersize": 3}
            ax.errorbar(place + side_by_side(number, len(content.titles)), estimate.value, yerr=reach(estimate), **look)
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_xlabel("class")
    ax.set_ylabel(INVERSION_ERROR)


def draw_layers(ax: Axes, content: Content) -> None:
    """Panel d: a row each dataset and deep network, a column each hidden layer."""
    cells = content.deepened
    if not cells:
        return note(ax, "no deeper networks")
    deepest = int(content.classes["layer"].max())
    found = np.full((len(cells), deepest), np.nan)
    for place, (name, network) in enumerate(cells):
        for layer in range(1, deepest + 1):
            if (row := content.row(name, network, layer)) is None:
                continue
            found[place, layer - 1] = row["n_inverted"] / row["n_runs"]
            color = "white" if found[place, layer - 1] > 0.5 else "black"
            text = f"{row['n_inverted']}/{row['n_runs']}"
            ax.text(layer - 1, place, text, ha="center", va="center", color=color, fontsize=6)
    ax.imshow(found, cmap="Blues", vmin=0, vmax=1.2, aspect="auto")
    ax.set_xticks(range(deepest), range(1, deepest + 1))
    ax.set_yticks(
        range(len(cells)), [f"{content.titles[name]}, {content.networks[network]}" for name, network in cells]
    )
    ax.tick_params(length=0)
    ax.set_xlabel("hidden layer")


def draw_points(ax: Axes, content: Content) -> None:
    """Panel e: Jaccard index with its 95 % interval; hollow, its ceiling; a stroke, by chance."""
    points = content.points.set_index(["dataset", "ranking_a", "ranking_b"])
    for number, name in enumerate(content.titles):
        color, marker = series(number)
        for place, (a, b) in enumerate(COMPARED):
            if (name, a, b) not in points.index:
                continue
            y, row = place + side_by_side(number, len(content.titles)), points.loc[name, a, b]
            interval(ax, y, Estimate(*row[["jaccard", "jaccard_low", "jaccard_high"]].astype(float)), color, marker)
            ceiling = np.sqrt(points.loc[(name, a, a), "jaccard"] * points.loc[(name, b, b), "jaccard"])
            ax.plot(ceiling, y, marker, color=color, markerfacecolor="white", markersize=3)
            ax.plot(row["jaccard_chance"], y, "|", color=color, markersize=4)
    ax.plot([], [], "o", color=PARITY, markerfacecolor="white", markersize=3, label="ceiling")
    ax.plot([], [], "|", color=PARITY, markersize=4, label="chance")
    rows_axis(ax, list(COMPARED.values()), 18)
    ax.set(xlim=(0, 1.02), xlabel="Jaccard index")
    key(ax, ncols=2)


def draw_removal(ax: Axes, content: Content) -> None:
    """Panel f: test error without some points over that with all, and how many runs then invert."""
    if content.ablation.empty:
        return note(ax, "no retrained runs")
    for number, name in enumerate(content.titles):
        color, marker = series(number)
        rows = content.ablation[content.ablation["dataset"] == name]
        for place, kind in enumerate(REMOVED):
            without = rows[rows["removed"] == kind]
            if without.empty:
                continue
            y = place + side_by_side(number, len(content.titles), 0.75)
            interval(ax, y, ratio_of(rows, kind, "none").estimate, color, marker)
            count(ax, y, int(without["inversion_found"].sum()), len(without), color, 6)
    ax.axvline(1, color="0.6", linewidth=0.7, zorder=0)
    rows_axis(ax, list(REMOVED.values()), 12)
    ax.set_xlabel("test error over that with all points")


def caption(content: Content) -> dict[str, Any]:
    """Numbers of the caption template."""
    reference = [(text, content.row(name, REFERENCE["network"])) for name, text in content.titles.items()]
    rows = [(text, row) for text, row in reference if row is not None]
    return {
        "runs": [(text, int(row["n_inverted"]), int(row["n_runs"]), int(row["n_all_radii"])) for text, row in rows],
        "deep": bool(content.deep),
        "retrained": content.ablation["removed"].ne("none").any(),
    }
