"""How all figures look: sizes, colours, and the marks they share."""

import logging
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from ..geometry.manifolds import R_MINUS, R_PLUS, D, R
from ..support.intervals import Estimate
from ..support.sealed import writing
from ..tables.rows import mean_interval
from .fonts import FAMILY, use_fonts

STYLE = {
    # All text is shown as it is: a title's dollar signs are no formula.
    "text.parse_math": False,
    "font.family": FAMILY,
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.framealpha": 0.8,
    "legend.edgecolor": "none",
    "legend.handlelength": 2.2,
    "legend.borderaxespad": 0.3,
    "legend.labelspacing": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "pdf.fonttype": 42,
}

# Okabe and Ito's colours, which colour-blind readers can tell apart. No observable shares one with
# a kind of removal.
OBSERVABLES = {each.name: (each.symbol, each.colour) for each in (R_PLUS, R_MINUS, R, D)}
"""Column of the ``dynamics`` table -> symbol, colour."""


LINES = {"D": "-", "R_plus": "--", "R_minus": (0, (1, 1)), "R": "-."}
"""Line style of an observable, beside its colour."""


def shown(rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """The observables to draw of a dataset: R± and D of two groups, of more R, their mean, and D.

    ``rows``: the dataset's, of ``dynamics`` (R₊ is null there for more groups) or of ``inversion`` (it has no rows).
    """
    of_two = rows.empty or (
        "R_plus" in set(rows["observable"]) if "observable" in rows else rows["R_plus"].notna().any()
    )
    names = ("R_plus", "R_minus", "D") if of_two else ("R", "D")
    return {name: OBSERVABLES[name] for name in names}


REMOVALS = {
    "none": ("nothing", "#000000"),
    "random": ("random points", "#E69F00"),
    "uniform": ("random, of any class", "#F0E442"),
    "stragglers": ("stragglers", "#CC79A7"),
    "consensus": ("consensus stragglers", "#56B4E9"),
    "other_seed": ("another seed's stragglers", "#0072B2"),
    "misclassified_at": ("S(t)", "#7F7F7F"),
}
"""What the tables' ``removed`` says -> name, colour."""
REMOVAL_LINES = {"none": "-", "random": "--", "stragglers": (0, (1, 1))}

PALETTE = "#0173b2 #de8f05 #029e73 #d55e00 #cc78bc #ca9161 #fbafe4 #949494 #ece133 #56b4e9"
"""seaborn's for the colour-blind. seaborn itself takes long to import."""
COLOURS = [to_rgb(colour) for colour in PALETTE.split()]
MARKERS = "os^DvPX"
DASHES = ("-", "--", (0, (1, 1)), "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1)))

EPOCH = "epoch"
TRAIN_ERROR = "training error ε"
INVERSION_EPOCH = "inversion epoch t*"
INVERSION_ERROR = "training error at inversion ε*"
T_STAR, ERROR_STAR = "t*", "ε*"

styled = mpl.rc_context(STYLE)
"""Decorator of every function that draws a figure."""


def title(ax: Axes, letter: str, text: str = "", width: int = 52) -> None:
    """Panel letter, and what the panel is about, in lines of up to ``width`` characters."""
    text = textwrap.fill(text, width)
    shown = ax.set_title(letter + "\n" * text.count("\n") if letter else text, loc="left")
    if letter:
        shown.set_fontweight("bold")
        beside = {"xycoords": shown, "textcoords": "offset points", "fontsize": shown.get_fontsize()}
        # As for a panel's own title, the layout makes room for its height, which the letter has, not for its width.
        ax.annotate(text, (1, 0), (6, 0), va="bottom", annotation_clip=False, in_layout=False, **beside)


def note(ax: Axes, text: str) -> None:
    """A panel of several without data: says so, and has no axes."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color="0.4")


def mark(ax: Axes, x: float, label: str = "") -> None:
    """A vertical line at an inversion, named at its foot; none where ``x`` is NaN."""
    if np.isfinite(x):
        ax.axvline(x, color="0.35", linestyle="--", linewidth=0.8, zorder=0)
        text = ax.annotate(label, (x, 0.03), (3, 0), xycoords=("data", "axes fraction"), textcoords="offset points")
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def curve(ax: Axes, x, mean, low, high, color: str, label: str | None = None, **line) -> None:
    """A mean with its band."""
    ax.plot(x, mean, color=color, label=label, **line)
    ax.fill_between(x, low, high, color=color, alpha=0.22, linewidth=0)


def curve_of_runs(ax: Axes, x, values: np.ndarray, color: str, label: str | None = None, **line) -> None:
    """Mean over runs of ``values`` (runs, x) with its 95 % interval, where there is one."""
    mean, low, high = np.array([mean_interval(column) for column in values.T]).T
    low, high = (np.where(np.isfinite(bound), bound, mean) for bound in (low, high))
    curve(ax, x, mean, low, high, color, label, **line)


def error_axis(ax: Axes, label: str = TRAIN_ERROR) -> None:
    """Training error on a logarithmic x axis that falls to the right, as it does in time."""
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    ax.invert_xaxis()
    ax.set_xlabel(label)


def epoch_axis(ax: Axes) -> None:
    """Epochs on a logarithmic x axis."""
    ax.set_xscale("log")
    plain_log_ticks(ax.xaxis)
    ax.set_xlabel(EPOCH)


def inches(axis: Axis) -> float:
    """About how long an axis is: its panel is not laid out yet."""
    box = axis.axes.bbox
    return (box.width if axis.axis_name == "x" else box.height) / axis.axes.figure.dpi


def plain_log_ticks(axis: Axis) -> None:
    """Numbers in full rather than powers of ten, three in each decade where they have room, else fewer."""
    room = inches(axis)
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high / low)
    subs = (1, 2, 5) if decades < room else (1, 3) if decades < 1.75 * room else (1,)
    # Within half a decade there may be none of these.
    axis.set_major_locator(MaxNLocator(4) if decades < 0.5 else LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def ticks(ax: Axes, values: Sequence[float], names: Mapping[float, str] = {}) -> None:
    """Of a logarithmic x axis, at these values and nowhere else; ``names`` of some that are not shown as numbers."""
    ax.xaxis.set_major_locator(FixedLocator(values))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: names.get(value, f"{value:g}")))


def series(number: int) -> tuple[tuple[float, float, float], str]:
    """Colour and marker of the ``number``-th of several datasets or the like."""
    return COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]


def dashes(number: int) -> str | tuple:
    """Line style of the ``number``-th of several, beside its colour."""
    return DASHES[number % len(DASHES)]


def reach(estimate: Estimate) -> np.ndarray:
    """Lengths of an interval below and above its value (2, 1), 0 where there is none."""
    return np.nan_to_num(np.clip([[estimate.value - estimate.low], [estimate.high - estimate.value]], 0, None))


def interval(ax: Axes, y: float, estimate: Estimate, color: str, marker: str = "o") -> None:
    """A mean at height ``y`` with its 95 % interval; nothing where it is NaN."""
    if not np.isfinite(estimate.value):
        return
    ax.errorbar(
        estimate.value,
        y,
        xerr=reach(estimate),
        color=color,
        marker=marker,
        markeredgecolor="white",
        markeredgewidth=0.4,
        capsize=2,
        linestyle="none",
    )


def entry(ax: Axes, label: str, color: str, marker: str) -> Line2D:
    """A line of the legend, whether or not there is anything to draw."""
    (line,) = ax.plot([], [], linestyle="none", color=color, marker=marker, label=legend_label(label))
    return line


def legend_label(text: str) -> str:
    """``text`` for a legend, which would leave out what starts with an underscore."""
    return f" {text}" if text.startswith("_") else text


def runs(ax: Axes, y: float, values: Sequence[float], color: str) -> None:
    """Single runs as light points at height ``y``."""
    ax.plot(values, np.full(len(values), y), "o", color=color, markersize=2.5, alpha=0.45, markeredgewidth=0)


def rows_axis(ax: Axes, labels: Sequence[str], width: int = 20) -> None:
    """One row for each of ``labels``, the first on top."""
    ax.set_yticks(range(len(labels)), [textwrap.fill(label, width) for label in labels])
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.grid(axis="x", linewidth=0.4, color="0.9")
    ax.set_axisbelow(True)


def inverted_count(ax: Axes, y: float, found: int, n_runs: int, color: str = "0.35", size: float = 7) -> None:
    """How many runs of a row inverted, where not all did."""
    if found < n_runs:
        count(ax, y, found, n_runs, color, size)


def count(ax: Axes, y: float, found: int, n_runs: int, color: str = "0.35", size: float = 7) -> None:
    """So many of all, on the right of a row."""
    place = {"xycoords": ("axes fraction", "data"), "va": "center", "ha": "left", "fontsize": size}
    ax.annotate(f"{found}/{n_runs}", (1.01, y), color=color, annotation_clip=False, **place)


def save(figure: Figure, pdf: str, png: str) -> None:
    """Write a figure, the same bytes for the same data."""
    # Embedding fonts is told glyph by glyph.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # Told once, by the text rather than by the character.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        use_fonts(figure)
        for path, options in ((pdf, {"format": "pdf", "metadata": {"CreationDate": None}}), (png, {"dpi": 200})):
            with writing(path) as part:
                # In memory first: of a PDF that a full disk breaks off, matplotlib tells something else.
                drawn = BytesIO()
                figure.savefig(drawn, **options)
                part.write_bytes(drawn.getbuffer())
