"""A study of two thousand tiny runs: neither memory nor open files grow with what is done."""

import numpy as np
import psutil
import pytest
from harness import GONE, started, wait

RUNS, BLOCK = 2000, 100
STUDY = {
    "study": "soak",
    "datasets": {"digits": {"source": "digits", "subset": {"first": 60}}},
    "networks": {"reference": {"width": 2}},
    "optimizers": {"gd": {"lr": 0.2}},
    "training": {"epochs": 5, "device": "cpu"},
    "runs": [{"datasets": ["digits"], "seeds": [f"{first}-{first + BLOCK - 1}" for first in range(0, RUNS, BLOCK)]}],
}


def growth(samples):
    """Slope over a run, as a share of the middle value, of the later three quarters: the first jobs fill caches."""
    later = np.asarray(samples[len(samples) // 4 :], float)
    slope, _ = np.polyfit(np.linspace(0, 1, len(later)), later, 1)
    return slope / np.median(later)


@pytest.mark.faults
@pytest.mark.counts("soak: of 2,000 tiny runs, memory and open files flat")
def test_memory_and_open_files_stay_flat(fresh):
    memory, files, children = [], [], []

    def over():
        with GONE:
            memory.append(main.memory_info().rss)
            files.append(main.num_fds())
            children.append(len(main.children(recursive=True)))
        return process.poll() is not None

    with started(fresh, STUDY, "--cores", "2", "results/soak/tables/inversion.parquet") as process:
        main = psutil.Process(process.pid)
        wait(over, seconds=3000)
        assert process.returncode == 0
    table = fresh.table("inversion", "soak")
    assert table.query("observable == 'D'")["seed"].nunique() == RUNS
    assert abs(growth(memory)) < 0.1 and abs(growth(files)) < 0.1 and max(children) < 20
