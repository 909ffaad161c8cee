"""Panels on a page: those that have something to show, in a figure as large as they need, one or two columns wide."""

import string
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from .style import title

WIDTHS = {1: 3.4, 2: 7.2}
"""Columns of a journal that a figure spans -> its width in inches."""
TALLEST = 9.2
"""Inches of a page that a figure may take; a taller one is compressed."""
SQUEEZED = 1.1
"""How much taller it may be to be drawn in one column, else it stays two columns wide."""
UNITS = 6
"""Parts of the width that panels are measured in."""
TITLE, AXIS = 0.27, 0.35
"""Inches above the axes of a row of panels, and below it where there are ticks and a label."""
LOWER = 0.8
"""Height of curves in one column, relative to two."""


@dataclass(frozen=True)
class Panel:
    """What one panel shows, and the room that it takes."""

    draw: Callable[[Axes], None]
    title: str = ""
    width: int = 3
    """Of :data:`UNITS`, in a figure two columns wide."""
    narrow: int = 6
    """The same in one column."""
    height: float = 2.0
    """Inches of its axes, keys and long labels included; what is no curve (``rigid``) needs them in one column, too."""
    rigid: bool = False
    axis: bool = True
    """Whether it has ticks and a label below."""
    lettered: bool = True
    """Whether it has a letter of its own; otherwise it goes on with the one before."""

    def units(self, columns: int) -> int:
        return self.width if columns == 2 else self.narrow

    def inches(self, columns: int) -> float:
        return self.height * (1 if columns == 2 or self.rigid else LOWER)


Panels = Mapping[str, Panel]


def letters(panels: Panels) -> dict[str, str]:
    """Name -> letter; of a panel that goes on with another, that one's."""
    found: dict[str, str] = {}
    for name, panel in panels.items():
        found[name] = string.ascii_lowercase[len({*found.values()}) - (not panel.lettered)]
    return found


def rows(panels: Panels, columns: int) -> list[list[str]]:
    """Names in rows, each as full as it gets."""
    filled: list[list[str]] = []
    room = 0
    for name, panel in panels.items():
        if panel.units(columns) > room:
            filled.append([])
            room = UNITS
        filled[-1].append(name)
        room -= panel.units(columns)
    return filled


def arrange(panels: Panels, columns: int, otherwise: str) -> tuple[Figure, dict[str, Axes]]:
    """A figure of ``panels`` in their order and their axes; without any, one that says ``otherwise``."""
    if not panels:
        figure = Figure(figsize=(WIDTHS[columns], 0.5))
        figure.text(0.02, 0.5, textwrap.fill(otherwise, 55 * columns), va="center")
        return figure, {}
    filled = rows(panels, columns)
    heights = [max(panels[name].inches(columns) for name in row) for row in filled]
    height = sum(heights) + sum(TITLE + AXIS * any(panels[name].axis for name in row) for row in filled)
    if columns == 1 and height > SQUEEZED * TALLEST:
        return arrange(panels, 2, otherwise)
    units = [sum(panels[name].units(columns) for name in row) for row in filled]
    width = WIDTHS[columns] * max(units) / UNITS
    figure = Figure(figsize=(width, min(height, TALLEST)))
    grid = figure.add_gridspec(len(filled), 1, height_ratios=heights)
    named, axes = letters(panels), {}
    for number, row in enumerate(filled):
        widths = [panels[name].units(columns) for name in row]
        rest = max(units) - sum(widths)
        parts = grid[number].subgridspec(1, len(row) + (rest > 0), width_ratios=[*widths, rest] if rest else widths)
        for place, name in enumerate(row):
            axes[name] = ax = figure.add_subplot(parts[place])
            panels[name].draw(ax)
            letter = named[name] if panels[name].lettered else ""
            title(ax, letter, panels[name].title, int(13.5 * width * widths[place] / max(units)))
    return figure, axes


def key(ax: Axes, ncols: int = 1, below: float = 0.42, width: int = 40, **legend) -> None:
    """The legend under a panel, where it covers no data: ``below`` inches under the axes, in lines of ``width``."""
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return
    under = ax.transAxes + ScaledTranslation(0, -below, ax.figure.dpi_scale_trans)
    ax.legend(
        handles,
        [textwrap.fill(label, width, drop_whitespace=False) for label in labels],
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=under,
        ncols=ncols,
        columnspacing=1,
        borderaxespad=0,
        **legend,
    )


def chunks(names: Sequence[str], most: int) -> list[list[str]]:
    """``names`` in as few parts of about one size as hold at most ``most`` each."""
    count = -(-len(names) // most)
    size = -(-len(names) // count) if count else 1
    return [list(names[start : start + size]) for start in range(0, len(names), size)]
