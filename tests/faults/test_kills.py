"""A study that is killed at any moments ends, by the same command, as if it had not been: not a byte differs."""

import re
import shutil
import time

import numpy as np
import pytest
from harness import TARGET, contents, cut_off, differing, has_checkpoint, long_training, said, started, unlocked, wait
from project import SMALLEST, UNDRAWN

STUDIES, KILLS, JOBS = 5, 4, 5
"""Studies, how often each is killed, and before so many of its 21 jobs more are begun."""
MOMENTS = np.random.default_rng(0).uniform(0, JOBS, (STUDIES, KILLS)).round(3).tolist()
"""Jobs done at a kill, while the next is under way; their fractions are seconds more."""


def jobs_begun(project):
    return len(re.findall(r"^Job \d+: ", said(project), re.M))


@pytest.mark.faults
@pytest.mark.parametrize("moments", MOMENTS, ids=str)
@pytest.mark.counts("kills: of Snakemake and all its jobs at a random moment (kill -9)")
def test_a_study_killed_again_and_again_ends_with_the_same_bytes(fresh, undisturbed, moments, record_property):
    record_property("tried", KILLS)
    for moment in moments:
        seconds, jobs = np.modf(moment)
        with started(fresh, SMALLEST, "--cores", "1", *UNDRAWN) as process:
            wait(lambda jobs=jobs: jobs_begun(fresh) > jobs, process)
            time.sleep(seconds)
            cut_off(process)
        unlocked(fresh, SMALLEST)
    fresh.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(fresh), contents(undisturbed))


@pytest.mark.counts("kills: of a training, which goes on from its checkpoint")
def test_a_killed_training_goes_on_from_its_checkpoint_after_an_unlock(fresh):
    config = long_training()
    with started(fresh, config, "--cores", "1", TARGET) as process:
        wait(lambda: has_checkpoint(fresh), process)
        cut_off(process)
    assert not list((fresh.folder / "results").rglob("runs.parquet"))

    # What a user has to do: Snakemake says so itself, and once is enough.
    locked = fresh.snakemake(config, "--cores", "1", TARGET)
    assert locked.returncode != 0 and "--unlock" in locked.stdout + locked.stderr
    unlocked(fresh, config)
    fresh.run(config, TARGET)
    table = fresh.table("dynamics")
    assert len(table) == 2 * 6001 and table["train_error"].notna().all()
    for _, run in table.groupby("seed"):
        assert run["epoch"].tolist() == list(range(6001))
        assert run["train_error"].iloc[-1] < run["train_error"].iloc[0]
    (log,) = (fresh.folder / "results/logs/train").rglob("*.log")
    assert re.search(r"going on from epoch [1-9]", log.read_text(encoding="utf-8"))

    # Not a bit tells it from one that nothing disturbed.
    (sets,) = (fresh.folder / "results/runs").rglob("misclassified.npy")
    resumed = contents(fresh)
    assert [path.name for path in sets.parent.iterdir() if path.is_dir()] == []
    shutil.rmtree(fresh.folder / "results")
    fresh.run(config, TARGET)
    assert not differing(contents(fresh), resumed)
