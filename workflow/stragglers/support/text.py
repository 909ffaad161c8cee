"""Text from outside: what a configuration, a file's name or data say is shown, and never read as anything else.

Here is what holds for every medium. What one medium would read into a text is escaped where that
medium is written: reStructuredText in :mod:`..figures.captions`, formulas in :mod:`..figures.style`,
HTML and spreadsheets in :mod:`..tables.pages`, wildcards and the report's scripts in :mod:`.report`.
"""

import unicodedata

JOINERS = "\u200c\u200d"
"""Invisible, but letters of Persian and Indic scripts and some emoji need them."""


def printable(text: str) -> str:
    """``text`` on one line, with � for each character that shows nothing or turns the direction of writing.

    Those are control and format characters (Unicode's Cc and Cf) and halves of surrogate pairs (Cs),
    which no file in UTF-8 can hold.
    """
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in JOINERS
    return "\ufffd" if hidden else character


def one_line(text: str) -> str:
    """``text`` as :func:`printable` leaves it, without spaces at its ends and with single ones inside."""
    return " ".join(printable(text).split())
