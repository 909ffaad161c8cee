"""Tables for reading: self-contained HTML pages, which a Snakemake report shows, and CSV for spreadsheets."""

import html
from typing import Any

import pandas as pd

from ..support.numbers import interval_text
from ..support.text import printable

STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5em; color: #222; background: #fff; }
p { max-width: 46em; }
pre { font-size: 13px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35em .8em; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #222; }
"""
# Told apart by word, weight and colour-blind safe colour.
VERDICTS = {"reproduced": "#0072B2", "not reproduced": "#D55E00", "inconclusive": "#666666"}
NOTHING = "no runs to tell"
"""In place of a verdict where a study has none of the runs that a claim is about."""
SIGNS = {"reproduced": "✓", "not reproduced": "✗", "inconclusive": "?"}
SOURCES = {
    "paper": "the paper's",
    "notebook": "its authors' notebook's",
    "summary": "a summary's of the paper",
    "ours": "ours",
}
"""Whose claim it is, in words."""
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Of cells that spreadsheet programs evaluate; East Asian ones take the wide forms, too."""


def as_html(value: Any) -> str:
    """``value`` as HTML that shows just its text."""
    return html.escape(printable(str(value)))


def as_csv(table: pd.DataFrame) -> pd.DataFrame:
    """``table`` with an apostrophe before each text that a spreadsheet program would take for a formula.

    Those are the texts that start with =, +, - or @, after spaces too; numbers stay as they are. What the
    programs show then is the text, some of them with the apostrophe.
    """

    def inert(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = printable(value)
        return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) else text

    return table.map(inert)


def page(title: str, table: pd.DataFrame, formatters: dict | None = None, note: str = "") -> str:
    """An HTML page with a ``note`` and a table; ``formatters`` turn a column's values into HTML, others are escaped."""
    formatters = formatters or {}
    cells = pd.DataFrame({name: table[name].map(formatters.get(name, as_html)) for name in table})
    return _page(title, note, cells.to_html(index=False, escape=False, border=0))


def text_page(title: str, text: str, note: str = "") -> str:
    """An HTML page with a ``note`` and a ``text`` of lines to be copied as they are."""
    lines = "\n".join(map(as_html, text.splitlines()))
    return _page(title, note, f"<pre>{lines}</pre>")


def _page(title: str, note: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{as_html(title)}</title><style>{STYLE}</style><body><h1>{as_html(title)}</h1>"
        f'<p>{as_html(note)}</p><div class="wide" tabindex="0">{body}</div></body></html>'
    )


def estimate_text(value: float, low: float, high: float) -> str:
    """A value with its interval, three digits each; a dash where there is none."""
    if pd.isna(value):
        return "–"
    return f"{value:.3g}{interval_text(value, low, high, '.3g')}"


def claims_page(claims: pd.DataFrame) -> str:
    """The ``claims`` table for reading: verdicts first, in colour, and counted; value and interval in one column."""
    told = claims["verdict"].where(claims["value"].notna(), NOTHING)
    shown = claims[["dataset", "statement"]].assign(verdict=told)[["verdict", "dataset", "statement"]]
    shown["whose claim"] = claims["source"].map(SOURCES)
    shown["figure"] = claims["figure"]
    shown["statistic"] = claims["statistic"]
    shown["value [95 %]"] = [
        estimate_text(*row) for row in claims[["value", "ci_low", "ci_high"]].itertuples(index=False)
    ]
    shown["runs"] = claims["n_runs"]
    shown["threshold"] = claims["threshold"]
    shown["why this threshold"] = claims["reason"]
    if claims["note"].any():
        shown["note"] = claims["note"]
    counts = ", ".join(f"{(told == verdict).sum()} {verdict}" for verdict in (*VERDICTS, NOTHING))
    return page(
        "Claims and verdicts",
        shown,
        {"verdict": lambda v: f'<b style="color:{VERDICTS.get(v, "inherit")}">{as_html(v)}</b>'},
        note=f"{counts}. Shares, errors and ratios with their 95 % intervals.",
    )
