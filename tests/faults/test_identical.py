"""Every file of a study is the same, byte for byte, however, where and in which order it is made; figures included."""

import copy

import numpy as np
import pytest
from conftest import ADDRESS
from harness import contents, differing
from project import EPOCHS, TINY, Project
from test_writes import Again

from workflow.stragglers.data.datasets import prepare
from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.sets.stragglers import straggler_sets
from workflow.stragglers.spec.specification import Dataset, Defining, Detection, Network, Optimizer

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
    config["runs"] = [
        {
            "datasets": ["digits"],
            "networks": ["reference", "cnn", "mine"],
            "optimizers": ["gd", "sgd"],
            "seeds": ["0-1"],
        }
    ]
    del config["ablations"]
    return config


def backwards(config):
    """The same with all keys in another order."""
    if isinstance(config, dict):
        return {key: backwards(config[key]) for key in reversed(config)}
    return config


LOCALES = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Chatham"}
EQUAL = 0.999
"""Share of all (epoch, run, sample) that must be told alike, however runs are put into blocks."""


@pytest.fixture
def in_blocks(trained):
    """What is told by six runs in one block, and by the same in two: an array each, with an ``axis`` of runs."""
    data = prepare(Dataset("digits", subset={"first": 300}), ".")

    def told(what, axis, optimizer):
        return [
            np.concatenate([what(trained(data, Network(), optimizer, block, EPOCHS)) for block in blocks], axis)
            for blocks in ([range(6)], [range(3), range(3, 6)])
        ]

    return told


def misclassified(trajectory):
    """Booleans (epochs + 1, runs, P)."""
    return trajectory.sets(np.arange(EPOCHS + 1)[:, None], np.arange(len(trajectory.runs)))


@pytest.mark.counts(
    "determinism: who is misclassified at each epoch by each run, in one block of six runs and in two of three"
)
def test_blocks_of_other_sizes_tell_nearly_all_samples_alike(in_blocks, record_property):
    one, two = in_blocks(misclassified, 1, GD)
    differ = int((one != two).sum())
    record_property("tried", one.size)
    record_property("failed", differ)
    assert one.any() and differ < (1 - EQUAL) * one.size


def stragglers(trajectory):
    """Booleans (runs, P)."""
    found = inversions(dynamics(trajectory, ADDRESS), Detection())
    return straggler_sets([trajectory], [found], Defining()).sets


@pytest.mark.counts("determinism: who is a straggler of each run, in one block of six runs and in two of three")
def test_blocks_of_other_sizes_have_nearly_the_same_stragglers(in_blocks, record_property):
    one, two = in_blocks(stragglers, 0, Optimizer("Adam", settings={"lr": 0.01}))
    assert one.shape == two.shape == (6, 300) and 0.02 < one.mean() < 0.5
    differ = int((one != two).sum())
    record_property("tried", one.size)
    record_property("failed", differ)
    assert differ < (1 - EQUAL) * one.size


@pytest.mark.counts(ALL_FILES)
def test_each_job_run_again_leaves_the_same_bytes(finished, monkeypatch):
    """In one process after the other, of another hash seed, locale and time zone."""
    project = finished
    expected = contents(project)
    for key, value in (LOCALES | {"PYTHONHASHSEED": "2"}).items():
        monkeypatch.setitem(project.environment, key, value)
    jobs = Again(project)
    for script in sorted((project.folder / ".snakemake/scripts").glob("*.py")):
        done = jobs.run(script)
        assert done["code"] == 0, (script, done["said"])
    jobs.end()
    assert len(expected) > 60 and not differing(contents(project), expected)


@pytest.mark.faults
@pytest.mark.counts(ALL_FILES)
def test_a_study_run_in_another_way_leaves_the_same_bytes(finished, fresh):
    """On one core, of another hash seed, locale and time zone, its keys in another order."""
    fresh.environment |= LOCALES | {"PYTHONHASHSEED": "1"}
    done = fresh.snakemake(backwards(TINY), "--cores", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not differing(contents(fresh), contents(finished))


def without_modules(files):
    """In single precision torch's own convolutions add up in another order with another number of threads."""
    return {name: digest for name, digest in files.items() if "/mine-" not in name and "/tables/" not in name}


@pytest.mark.faults
@pytest.mark.counts(
    "determinism: of networks of all kinds, mini-batches and margins, over 1 and 2 cores and threads (but for modules "
    "in single precision over threads)"
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_networks_of_all_kinds_leave_the_same_bytes_over_threads_and_cores(tmp_path, dtype):
    config, left = study_of_all_kinds(), []
    target = "results/tiny/tables/inversion.parquet"
    for cores, threads in ((1, 1), (2, 1), (2, 2)):
        project = Project(tmp_path / f"{cores}-{threads}")
        config["training"] |= {"dtype": dtype, "threads": threads}
        done = project.snakemake(config, "--cores", str(cores), target)
        assert done.returncode == 0, done.stdout + done.stderr
        left.append(contents(project))
    one, of_cores, of_threads = left
    assert len(one) > 38 and not differing(one, of_cores)
    if dtype == "float32":
        one, of_threads = without_modules(one), without_modules(of_threads)
    assert one and not differing(one, of_threads)
