"""Every file of a study is the same, byte for byte, however, where and in which order it is made; figures included."""

import copy

import numpy as np
import pytest
from harness import contents, differing
from project import EPOCHS, TINY, Project
from test_writes import Again

from workflow.stragglers.data.datasets import prepare
from workflow.stragglers.spec.specification import Dataset, Network, Optimizer

GD = Optimizer(settings={"lr": 0.2})
ALL_FILES = "determinism: reruns of a study, all files byte-identical, figures and PDFs included"


def study_of_all_kinds():
    """Fully connected, convolutional and a module; full and mini-batches; both precisions in a study each."""
    config = copy.deepcopy(TINY)
    config["networks"] |= {
        "cnn": {"kind": "convolutional", "stages": [{"channels": 2, "kernel": 3, "stride": 2}]},
        "mine": {"kind": "module", "file": "networks/residual.py", "layers": ["stem", "block2"]},
    }
    config["optimizers"]["sgd"] = {"lr": 0.05, "batch_size": 32, "momentum": 0.9}
    config["training"] |= {"epochs": EPOCHS // 2, "margins": True}
    config["runs"] += [
        {"datasets": ["digits"], "networks": ["cnn", "mine"], "seeds": ["0-1"]},
        {"datasets": ["digits"], "networks": ["reference", "cnn", "mine"], "optimizers": ["sgd"], "seeds": ["0-1"]},
    ]
    return config


def backwards(config):
    """The same with all keys in another order."""
    if isinstance(config, dict):
        return {key: backwards(config[key]) for key in reversed(config)}
    return config


LOCALES = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Chatham"}
EQUAL = 0.999
"""Share of all (epoch, run, sample) that must be told alike, however runs are put into blocks."""


@pytest.mark.counts(
    "determinism: who is misclassified at each epoch by each run, in one block of six runs and in two of three"
)
def test_blocks_of_other_sizes_tell_nearly_all_samples_alike(trained, record_property):
    data = prepare(Dataset("digits", subset={"first": 300}), ".")
    sets = [
        np.concatenate(
            [trained(data, Network(), GD, block, EPOCHS).sets(*everything(len(block))) for block in blocks], 1
        )
        for blocks in ([range(6)], [range(3), range(3, 6)])
    ]
    differ = int((sets[0] != sets[1]).sum())
    record_property("tried", sets[0].size)
    record_property("failed", differ)
    assert sets[0].any() and differ < (1 - EQUAL) * sets[0].size


def everything(runs):
    return np.arange(EPOCHS + 1)[:, None], np.arange(runs)


WAYS = {
    "again": ({}, TINY, ("--cores", "2")),
    "one core, other hashes": ({"PYTHONHASHSEED": "1"}, TINY, ("--cores", "1")),
    "keys in another order": ({"PYTHONHASHSEED": "2"}, backwards(TINY), ("--cores", "2")),
    "locale and time zone": (LOCALES, TINY, ("--cores", "2")),
}
"""Way of running -> what it adds to the environment, the study, and Snakemake's options."""


@pytest.mark.counts(ALL_FILES)
def test_each_job_run_again_leaves_the_same_bytes(finished, monkeypatch):
    """In one process after the other, of another hash seed, locale and time zone."""
    project = finished
    expected = contents(project)
    for key, value in (LOCALES | {"PYTHONHASHSEED": "3"}).items():
        monkeypatch.setitem(project.environment, key, value)
    jobs = Again(project)
    for script in sorted((project.folder / ".snakemake/scripts").glob("*.py")):
        done = jobs.run(script)
        assert done["code"] == 0, (script, done["said"])
    jobs.end()
    assert len(expected) > 60 and not differing(contents(project), expected)


@pytest.mark.faults
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.counts(ALL_FILES)
def test_a_study_run_in_another_way_leaves_the_same_bytes(finished, fresh, way):
    environment, config, options = WAYS[way]
    fresh.environment |= environment
    done = fresh.snakemake(config, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not differing(contents(fresh), contents(finished))


@pytest.mark.faults
@pytest.mark.counts("determinism: of networks of all kinds, mini-batches and margins, over 1 and 2 threads and cores")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_networks_of_all_kinds_leave_the_same_bytes_over_threads_and_cores(tmp_path, dtype):
    config, left = study_of_all_kinds(), []
    target = "results/tiny/tables/inversion.parquet"
    for cores in (1, 2):
        project = Project(tmp_path / str(cores))
        config["training"] |= {"dtype": dtype, "threads": cores}
        done = project.snakemake(config, "--cores", str(cores), target)
        assert done.returncode == 0, done.stdout + done.stderr
        left.append(contents(project))
    assert len(left[0]) > 50 and not differing(*left)
