"""Panels on a page: which there are, how they are lettered, and how large the figure is."""

import pytest
import seaborn as sns

from workflow.stragglers.figures.layout import TALLEST, WIDTHS, Panel, arrange, chunks, letters, rows
from workflow.stragglers.figures.style import COLOURS, inches


def panel(**room):
    return Panel(lambda ax: ax.plot([1, 2], [1, 2]), **room)


def test_a_panel_that_goes_on_with_another_shares_its_letter():
    panels = {"a": panel(), "more": panel(lettered=False), "b": panel()}
    assert letters(panels) == {"a": "a", "more": "a", "b": "b"}
    _, axes = arrange(panels, 2, "")
    assert [ax.get_title("left") for ax in axes.values()] == ["a", "", "b"]


def test_rows_are_filled_in_the_order_of_the_panels():
    panels = {"a": panel(width=2, narrow=6), "b": panel(width=2, narrow=3), "c": panel(width=3, narrow=3)}
    assert rows(panels, 2) == [["a", "b"], ["c"]]
    assert rows(panels, 1) == [["a"], ["b", "c"]]


def test_a_small_study_has_a_small_figure():
    small, _ = arrange({"a": panel()}, 2, "")
    large, _ = arrange({"a": panel(), "b": panel(), "c": panel()}, 2, "")
    assert small.get_figwidth() == WIDTHS[2] / 2 and large.get_figwidth() == WIDTHS[2]
    assert small.get_figheight() < large.get_figheight()


def test_without_panels_a_figure_is_a_sentence():
    figure, axes = arrange({}, 1, "Nothing to show, and so much to say of it that one line has no room for it.")
    assert not axes and not figure.axes
    (text,) = figure.texts
    assert text.get_text().replace("\n", " ").startswith("Nothing to show") and "\n" in text.get_text()


@pytest.mark.parametrize("columns", [1, 2])
def test_no_figure_is_taller_than_a_page(columns):
    figure, _ = arrange({name: panel(height=3.0) for name in "abcdefgh"}, columns, "")
    assert figure.get_figheight() == TALLEST
    # What would not fit in one column is two columns wide.
    assert figure.get_figwidth() == WIDTHS[2]


def test_an_axis_knows_about_how_long_it_is():
    _, axes = arrange({"a": panel(height=1.5), "b": panel()}, 2, "")
    assert inches(axes["a"].xaxis) == pytest.approx(3, abs=0.6)


def test_parts_are_of_about_one_size():
    assert chunks(list("abcdefg"), 3) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert chunks(list("abcdefgh"), 5) == [["a", "b", "c", "d"], ["e", "f", "g", "h"]]
    assert chunks([], 3) == []


def test_the_colours_are_seaborns_for_the_colour_blind():
    assert list(COLOURS) == sns.color_palette("colorblind", 10)
