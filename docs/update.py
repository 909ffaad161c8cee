"""Put finished studies' figures and summary tables here, and their claims into the README.

Usage: python docs/update.py STUDY [STUDY ...], after each study has run (``make docs``). The README shows
the claims of the studies named; docs/ keeps what it has of others.
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


CELL = ["dataset", "network", "layer", "optimizer"]
WHOLE = ("claims", "consensus", "conservation_peak", "detection", "linear", "nested", "overlap", "planted", "variance")
"""Tables that are small enough to be kept as they are."""


def inversion_summary(inversion: pd.DataFrame) -> pd.DataFrame:
    """ε*, t* and the share of runs that invert, by cell, observable and what was removed."""
    groups = inversion.groupby([*CELL, "removed", "observable"], sort=False, observed=True)
    return groups.agg(
        n_runs=("found", "size"),
        n_inverted=("found", "sum"),
        epoch_mean=("epoch", "mean"),
        epoch_sd=("epoch", "std"),
        train_error_mean=("train_error", "mean"),
        train_error_sd=("train_error", "std"),
    ).reset_index()


def ablation_summary(ablation: pd.DataFrame) -> pd.DataFrame:
    """Test error and share of runs that invert, by cell, kind and number of the removal, and noise."""
    kinds = ablation.assign(number=ablation["draw"].where(ablation["removed"] != "random", 0))
    groups = kinds.groupby([*CELL, "removed", "number", "sigma"], sort=False, observed=True)
    return groups.agg(
        n_runs=("seed", "size"),
        removed_fraction=("removed_fraction", "mean"),
        removed_error=("removed_error", "mean"),
        test_error_mean=("test_error", "mean"),
        test_error_sd=("test_error", "std"),
        share_inverted=("inversion_found", "mean"),
    ).reset_index()


def summarise(study: str) -> None:
    """Figures and summary tables of a study into docs/."""
    results = ROOT / "results" / study
    for figure in (results / "figures").glob("fig*.png"):
        shutil.copy(figure, ROOT / "docs" / f"{study}_{figure.name}")
    tables = {file.stem: pd.read_parquet(file) for file in (results / "tables").glob("*.parquet") if file.stem in WHOLE}
    for name, summary in (("inversion", inversion_summary), ("ablation", ablation_summary)):
        tables[name] = summary(pd.read_parquet(results / "tables" / f"{name}.parquet"))
    for name, table in tables.items():
        table.to_csv(ROOT / "docs" / f"{study}_{name}.csv", index=False, float_format="%.4g")


def main(studies: list[str]) -> None:
    for study in studies:
        summarise(study)
    for benchmark in (ROOT / "results" / "benchmarks").glob("*.csv"):
        shutil.copy(benchmark, ROOT / "docs" / f"benchmark_{benchmark.name}")
    claims = [pd.read_parquet(ROOT / "results" / study / "tables" / "claims.parquet") for study in studies]
    readme = ROOT / "README.md"
    table = "\n".join([MARKERS[0], claims_markdown(pd.concat(claims)), MARKERS[1]])
    pattern = re.compile(f"{re.escape(MARKERS[0])}.*?{re.escape(MARKERS[1])}", re.DOTALL)
    readme.write_text(pattern.sub(lambda _: table, readme.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
