"""Fonts for titles in any script: the one of the figures has Latin, Greek, Cyrillic, Arabic and Hebrew letters only."""

import logging
from collections.abc import Iterable
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FAMILY = "DejaVu Sans"
"""Comes with matplotlib, so that figures are the same everywhere."""

PLACEHOLDERS = "Last Resort High-Efficiency"
"""Matplotlib's font of boxes, which has every character and shows none."""


def use_fonts(figure: Figure) -> None:
    """Let the texts of ``figure`` fall back on installed fonts where :data:`FAMILY` lacks their characters.

    Characters that no installed font has are boxes; one warning names their texts.
    """
    texts = figure.findobj(Text)
    fonts, lacking = fallbacks({character for text in texts for character in text.get_text()})
    for text in texts:
        if not _own() >= set(text.get_text()):
            text.set_fontfamily([FAMILY, *fonts])
    if lacking:
        named = dict.fromkeys(text.get_text() for text in texts if not lacking.isdisjoint(text.get_text()))
        logging.warning(
            "No installed font has the characters %s of %s, so that boxes stand for them in this figure; "
            "install a font that has them, and draw the figure again",
            " ".join(sorted(lacking)),
            ", ".join(f"'{' '.join(text.split())}'" for text in named),
        )


def fallbacks(characters: Iterable[str]) -> tuple[list[str], set[str]]:
    """Families for the ``characters`` that :data:`FAMILY` lacks, few of them, and the characters that none has."""
    lacking = set(characters) - _own()
    if not lacking:
        return [], set()
    installed = _installed()
    families = []
    while lacking and installed:
        # Of equals the first: the choice does not depend on the order in which a machine lists its fonts.
        best = max(installed, key=lambda family: len(lacking & installed[family]))
        if not lacking & installed[best]:
            break
        families.append(best)
        lacking -= installed.pop(best)
    return families, lacking


def _own() -> frozenset[str]:
    """Characters of :data:`FAMILY`, and line breaks."""
    return _characters(font_manager.findfont(FAMILY), 0) | {"\n"}


@cache
def _characters(file: str, face: int) -> frozenset[str]:
    return frozenset(map(chr, FT2Font(file, face_index=face).get_charmap()))


def _installed() -> dict[str, frozenset[str]]:
    """Family -> its characters, sans-serif ones first, then by name."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in sorted(set(font_manager.findSystemFonts()) - known):
        # Matplotlib remembers the fonts of its first start; others may have been installed since.
        try:
            font_manager.fontManager.addfont(file)
        except (OSError, RuntimeError, NotImplementedError, ValueError) as error:
            logging.debug("%s cannot be used: %s", file, error)
    upright = [
        entry for entry in font_manager.fontManager.ttflist if entry.style == "normal" and entry.name != PLACEHOLDERS
    ]
    upright.sort(key=lambda entry: ("Sans" not in entry.name, entry.name, abs(int(entry.weight) - 400)))
    first: dict[str, frozenset[str]] = {}
    for entry in upright:
        if entry.name not in first:
            first[entry.name] = _characters(entry.fname, entry.index)
    return first
