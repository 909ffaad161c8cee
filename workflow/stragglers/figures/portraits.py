"""What single points look like: sheets of images, or of vectors the features that tell them apart."""

import textwrap

import numpy as np
from matplotlib.axes import Axes

from ..sets.exemplars import Exemplars

COLUMNS = 7
PITCH = 1.65
"""Height of a row of images with what stands below them, in widths of an image."""
NAMED = 7
"""Letters of a class's name that have room below a point."""
FEATURE = 22
"""Letters of a feature's."""


def height_of(points: Exemplars) -> float:
    """Inches that the sheet of these points takes."""
    if len(points.features):
        return 0.4 + 0.14 * len(points.features)
    return 0.75 * -(-len(points.kind) // COLUMNS)


def draw_sheet(ax: Axes, points: Exemplars) -> None:
    """Images in rows of seven, with sample id, class and straggler rate below each; of vectors their features."""
    if len(points.features):
        return draw_features(ax, points)
    low, high = points.images.min(), points.images.max()
    scale = {"cmap": "gray_r", "vmin": low, "vmax": high, "interpolation": "none"}
    for number, image in enumerate(points.images):
        row, column = divmod(number, COLUMNS)
        if image.ndim == 3 and image.dtype != np.uint8:
            image = (image - low) / (high - low or 1)
        ax.imshow(image, extent=(column + 0.06, column + 0.94, PITCH * row + 0.88, PITCH * row), aspect="auto", **scale)
        ax.text(column + 0.5, PITCH * row + 0.92, below(points, number), ha="center", va="top", fontsize=6)
    rows = -(-len(points.images) // COLUMNS)
    ax.set(xlim=(0, COLUMNS), ylim=(PITCH * rows - 0.1, -0.06), aspect="equal", anchor="NW")
    ax.set_axis_off()


def below(points: Exemplars, number: int) -> str:
    """What is said of a point."""
    return f"{points.sample_id[number]}\n{str(points.classes[number])[:NAMED]}, {points.rate[number]:.2f}"


def draw_features(ax: Axes, points: Exemplars) -> None:
    """Points in columns, features in rows: values, on the colour of their quantile among the training points."""
    count = min(len(points.kind), COLUMNS)
    ax.imshow(points.quantiles[:count].T, cmap="coolwarm", vmin=0, vmax=1, aspect="auto", alpha=0.6)
    for column in range(count):
        for row, value in enumerate(points.images[column]):
            ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=6)
    heads = [below(points, number).replace(", ", "\n") for number in range(count)]
    ax.set_xticks(range(count), heads, fontsize=6)
    ax.set_yticks(
        range(len(points.features)), [textwrap.shorten(name, FEATURE, placeholder="…") for name in points.features]
    )
    ax.tick_params(length=0, labelsize=6)
    ax.spines[:].set_visible(False)
