"""How long Snakemake plans studies of many jobs, and with how much memory: ``python -m workflow.plan JOBS ...``.

Prints a CSV; nothing is trained.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from workflow.stragglers.support.sealed import write_text

SNAKEFILE = Path(__file__).parents[1] / "Snakefile"
JOBS_OF_CELL = 5
"""A block of runs is trained, measured twice, and summed up twice."""
NETWORKS = 20


def many_cells(n_cells: int, source: str = "digits", blocks: int = 1) -> dict[str, Any]:
    """The configuration of a study of so many networks and optimisers, with ten runs in each block of seeds."""
    networks = {"reference": {}} | {f"width_{width}": {"width": width} for width in range(1, NETWORKS)}
    rates = range(1, -(-n_cells // NETWORKS))
    return {
        "study": "many",
        "datasets": {"main": {"source": source} | ({"subset": {"first": 8192}} if source == "MNIST" else {})},
        "networks": networks,
        "optimizers": {"gd": {"lr": 0.2}} | {f"gd_{rate}": {"lr": rate / 1000} for rate in rates},
        "training": {"epochs": 500},
        "runs": [
            {
                "datasets": ["main"],
                "networks": [*networks],
                "optimizers": ["gd", *(f"gd_{rate}" for rate in rates)],
                "seeds": [f"{10 * block}-{10 * block + 9}" for block in range(blocks)],
            }
        ],
    }


def plan(n_jobs: int) -> dict[str, float]:
    """One dry run, in an empty folder: jobs, seconds of the processor, seconds, and megabytes at the peak."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        write_text(yaml.safe_dump(many_cells(n_jobs // JOBS_OF_CELL)), file)
        command = [sys.executable, "-m", "snakemake", "--snakefile", SNAKEFILE, "--dry-run", "--quiet", "rules"]
        start = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, command), "--configfile", file.name],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said = process.stdout.read().decode("utf-8")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(said)
    total = next(line for line in said.splitlines() if line.startswith("total "))
    return {
        "jobs": int(total.split()[1]),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "seconds": round(time.perf_counter() - start, 1),
        "peak_memory_mb": usage.ru_maxrss // (1024**2 if sys.platform == "darwin" else 1024),
    }


if __name__ == "__main__":
    for place, number in enumerate(sys.argv[1:]):
        row = plan(int(number))
        print(*([",".join(row)] if place == 0 else []), ",".join(map(str, row.values())), sep="\n", flush=True)
