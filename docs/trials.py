"""Own data of each kind, from the command to the page, into docs/own_data.csv.

Usage: python docs/trials.py [NAME ...], of :data:`TRIALS`; all by default. ``python docs/update.py`` then shows them.
"""

import csv
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from workflow.stragglers.sets.stragglers import CONSENSUS_RATE  # noqa: E402 - the library is not installed
from workflow.stragglers.support.sealed import read_table, replacing  # noqa: E402 - the library is not installed

TABLE = REPOSITORY / "docs/own_data.csv"
FLIPPED = 0.1


def pictures(folder: Path, classes: np.ndarray) -> None:
    """The digits as PNG, each in the folder of its class."""
    for number, (pixels, kind) in enumerate(zip(load_digits().images, classes, strict=True)):
        file = folder / str(kind) / f"{number:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 15).astype(np.uint8)).save(file)


def flipped() -> np.ndarray:
    """The digits' classes, a tenth of them another one at random."""
    classes, rng = load_digits().target.copy(), np.random.default_rng(0)
    chosen = rng.choice(len(classes), round(FLIPPED * len(classes)), replace=False)
    classes[chosen] = (classes[chosen] + rng.integers(1, 10, len(chosen))) % 10
    return classes


def patients(file: Path) -> None:
    """The tumours of breast_cancer as CSV, with the diagnosis in words."""
    tumours = load_breast_cancer(as_frame=True)
    table = tumours.data.assign(diagnosis=tumours.target_names[tumours.target])
    table.to_csv(file, index=False)


TRIALS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "breast_cancer": ("scikit-learn's breast_cancer, by name", lambda path: None, ""),
    "wine": ("scikit-learn's wine, by name", lambda path: None, ""),
    "patients.csv": ("a CSV with text labels (breast_cancer)", patients, "diagnosis"),
    "pictures": ("a folder of PNGs, ten classes (digits)", lambda path: pictures(path, load_digits().target), ""),
    "flips": ("the same, every tenth in a wrong folder", lambda path: pictures(path, flipped()), ""),
}
"""Data, a path or a name -> what they are, what makes them, and the column of their classes."""


def trial(name: str, what: str, make: Callable[[Path], Any], label: str) -> dict[str, Any]:
    """One study in a folder of its own, that is gone afterwards, and what its listing says."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder, name))
        command = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile", "--directory", folder]
        config = [f"data={name}", *([f"label={label}"] if label else [])]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--cores", "2", "--config", *config], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        results = Path(folder, "results", Path(name).stem)
        assert (results / "index.html").is_file()
        print((results / "stragglers.txt").read_text(encoding="utf-8"))
        dynamics = read_table(results / "tables/dynamics.parquet", columns=["epoch"])
        listing = read_table(results / "stragglers.parquet")
    cpu = sum(getattr(after, kind) - getattr(before, kind) for kind in ("ru_utime", "ru_stime"))
    return {
        "data": what,
        "samples": len(listing),
        "classes": listing["class"].nunique(),
        "runs that inverted": f"{listing['n_runs'].max()} of 10",
        "epochs": dynamics["epoch"].max(),
        "rate ≥ 0.5": (listing["straggler_rate"] >= CONSENSUS_RATE).sum(),
        "CPU seconds": round(cpu),
        **(recall(listing) if name == "flips" else {}),
    }


def recall(listing: pd.DataFrame) -> dict[str, str]:
    """Of n samples in a wrong folder: how many are among the first n of the listing, and whose class is suggested."""
    true = load_digits().target[listing["file"].str.extract(r"(\d+)\.png")[0].astype(int)].astype(str)
    wrong = (listing["class"] != true).to_numpy()
    suggested = (listing["suggested_class"] == true).to_numpy()
    return {
        "flipped, listed first": f"{wrong[: wrong.sum()].sum()} of {wrong.sum()}",
        "their class suggested": f"{suggested[wrong].sum()} of {wrong.sum()}",
    }


def main(names: list[str]) -> None:
    done = {row["data"]: row for row in csv.DictReader(TABLE.open(encoding="utf-8"))} if TABLE.is_file() else {}
    for name in names or TRIALS:
        row = trial(name, *TRIALS[name])
        done[row["data"]] = row
        with replacing(TABLE) as part:
            pd.DataFrame(done.values()).to_csv(part, index=False)


if __name__ == "__main__":
    main(sys.argv[1:])
