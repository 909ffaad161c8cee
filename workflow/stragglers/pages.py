"""Tables as self-contained HTML pages, which a Snakemake report shows (CSV it only offers to download)."""

import html

import pandas as pd

STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35em .8em; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #222; }
"""
# Told apart by word, weight and colour-blind safe colour.
VERDICTS = {"reproduced": "#0072B2", "not reproduced": "#D55E00", "inconclusive": "#666666"}


def page(title: str, table: pd.DataFrame, formatters: dict | None = None) -> str:
    """An HTML page with one table; ``formatters`` turn a column's values into HTML, others are escaped."""
    formatters = formatters or {}
    cells = pd.DataFrame(
        {name: table[name].map(formatters.get(name, lambda value: html.escape(str(value)))) for name in table}
    )
    body = cells.to_html(index=False, escape=False, border=0)
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><body><h1>{html.escape(title)}</h1>{body}</body></html>"
    )


def estimate_text(value: float, low: float, high: float) -> str:
    """A value with its interval, three digits each; a dash where there is none."""
    if pd.isna(value):
        return "–"
    return f"{value:.3g}" + ("" if pd.isna(low) else f" [{low:.3g}, {high:.3g}]")


def claims_page(claims: pd.DataFrame) -> str:
    """The ``claims`` table for reading: value and interval in one column, verdicts in colour."""
    shown = claims[["figure", "dataset", "statement", "statistic"]].copy()
    shown["value [95 %]"] = [
        estimate_text(*row) for row in claims[["value", "ci_low", "ci_high"]].itertuples(index=False)
    ]
    shown["runs"] = claims["n_runs"]
    shown["threshold"] = claims["threshold"]
    shown["why this threshold"] = claims["reason"]
    shown["verdict"] = claims["verdict"]
    return page(
        "The paper's claims", shown, {"verdict": lambda v: f'<b style="color:{VERDICTS[v]}">{html.escape(v)}</b>'}
    )
