"""Copy finished studies' figures and claims here, and their table into the README.

Usage: python docs/update.py STUDY [STUDY ...], after each study has run (``make docs``).
"""

import re
import shutil
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from workflow.stragglers.pages import estimate_text  # noqa: E402 - the library is not installed

MARKERS = ("<!-- claims: make docs -->", "<!-- end of claims -->")


def claims_markdown(claims: pd.DataFrame) -> str:
    """Claim by dataset: value, 95 % interval, verdict."""

    def cell(row: pd.Series) -> str:
        estimate = estimate_text(row["value"], row["ci_low"], row["ci_high"])
        return estimate if pd.isna(row["value"]) else f"{estimate}, n = {row['n_runs']}: {row['verdict']}"

    names = list(claims["dataset"].unique())
    lines = [
        f"| Fig. | the paper's claim | statistic | threshold | {' | '.join(names)} |",
        "|" + "---|" * (4 + len(names)),
    ]
    for _, rows in claims.groupby("claim", sort=False):
        first, by_dataset = rows.iloc[0], rows.set_index("dataset")
        cells = [cell(by_dataset.loc[name]) if name in by_dataset.index else "–" for name in names]
        columns = [first["figure"], first["statement"], first["statistic"], first["threshold"], *cells]
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


def main(studies: list[str]) -> None:
    tables = []
    for study in studies:
        results = ROOT / "results" / study
        for figure in (results / "figures").glob("fig*.png"):
            shutil.copy(figure, ROOT / "docs" / f"{study}_{figure.name}")
        shutil.copy(results / "tables" / "claims.csv", ROOT / "docs" / f"{study}_claims.csv")
        tables.append(pd.read_parquet(results / "tables" / "claims.parquet"))
    readme = ROOT / "README.md"
    table = "\n".join([MARKERS[0], claims_markdown(pd.concat(tables)), MARKERS[1]])
    pattern = re.compile(f"{re.escape(MARKERS[0])}.*?{re.escape(MARKERS[1])}", re.DOTALL)
    readme.write_text(pattern.sub(lambda _: table, readme.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
