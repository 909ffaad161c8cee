import fcntl
import os
import struct
import textwrap

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings
from project import SMALLEST, TINY, UNDRAWN, Project

from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.data.tasks import group_of, groups, labels_of
from workflow.stragglers.spec.specification import Dataset as DataSpecification
from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.training import loop
from workflow.stragglers.training.checkpoint import unfinished
from workflow.stragglers.training.recorder import Recorder
from workflow.stragglers.training.trajectory import Trajectory

# Derandomised, so that a run of the suite does not depend on luck.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("suite")
# Products this small only wait for a second thread.
torch.set_num_threads(1)

LONGEST = ("test_outcomes.py", "test_workflow.py", "test_readme.py", "test_doors.py", "test_real_curves.py")
"""Files that take a minute or more, most of it in Snakemake's jobs."""

SURVIVALS = ["fault", "tried", "survived"]

ADDRESS = {
    "dataset": "small",
    "source": "synthetic",
    "task": "parity",
    "subset": "all",
    "network": "reference",
    "optimizer": "gd",
}


def pytest_collection_modifyitems(items):
    """The longest files first: one begun last would keep a single process busy when all others are done."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    for item in items:
        item.user_properties += [("counts", mark.args[0]) for mark in item.iter_markers("counts")]


def pytest_addoption(parser):
    parser.addoption(
        "--record", metavar="FILE", help="put into this CSV file how many cases of each fault were survived"
    )


def pytest_configure(config):
    if config.getoption("--record") and "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(Survivals(config.getoption("--record")))


class Survivals:
    """Counts what the marker ``counts`` names; of the kinds that were not tried, the file keeps what it says.

    A test is one case, unless it records as properties how many it ``tried`` and how many of these ``failed``.
    """

    def __init__(self, file):
        self.file, self.counts = file, {}

    def pytest_runtest_logreport(self, report):
        told = dict(report.user_properties)
        if "counts" in told and (report.failed or report.when == "call" and report.passed):
            tried = told.get("tried", 1)
            survived = tried - told.get("failed", tried if report.failed else 0)
            before = self.counts.get(told["counts"], (0, 0))
            self.counts[told["counts"]] = before[0] + tried, before[1] + survived

    def pytest_sessionfinish(self, exitstatus):
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return
        new = pd.DataFrame([(kind, *counts) for kind, counts in self.counts.items()], columns=SURVIVALS)
        kept = pd.read_csv(self.file) if os.path.exists(self.file) else new
        table = pd.concat([kept[~kept["fault"].isin(new["fault"])], new]).sort_values("fault")
        table.to_csv(self.file, index=False)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One process more than cores: most wait now and then, for a single job of Snakemake's or for another process."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" not in os.environ:
        return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def raw_data():
    """Folder with the real raw files, where there is one."""
    if not (folder := os.environ.get("STRAGGLERS_DATA")):
        pytest.skip("STRAGGLERS_DATA is not set")
    return folder


def of_all_workers(factory):
    """Folder that the processes of one run of the tests share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(factory, name, config, *options):
    """A study, run by whichever process first asks for it. Each has a copy, whose files its tests edit."""
    shared = of_all_workers(factory)
    with open(shared / f"{name}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / name).exists():
            # One that failed is in nobody's way.
            made = Project(factory.mktemp("making") / "project")
            made.run(config, *options)
            made.folder.rename(shared / name)
    return Project(factory.mktemp(name) / "project", results=shared / name)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The small study, with the scripts of its jobs as they ran."""
    return made_once(tmp_path_factory, "finished", TINY, "--skip-script-cleanup")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The smallest study, to which no fault has happened."""
    return made_once(tmp_path_factory, "undisturbed", SMALLEST, *UNDRAWN)


@pytest.fixture
def fresh(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def config():
    """A small valid study, new for every test that changes it."""
    return {
        "study": "tiny",
        "datasets": {"digits": {"source": "digits", "subset": {"first": 300}}},
        "networks": {"reference": {}, "relu": {"activation": "relu", "width": 5}},
        "optimizers": {"gd": {"lr": 0.2}, "adam": {"algorithm": "Adam", "lr": 0.01}},
        "training": {"epochs": 120},
        "runs": [
            {"datasets": ["digits"], "seeds": ["0-2"]},
            {"datasets": ["digits"], "networks": ["relu"], "seeds": ["0-2"]},
            {"datasets": ["digits"], "optimizers": ["adam"], "seeds": ["0-2"]},
        ],
        "ablations": [{"datasets": ["digits"], "seeds": ["0-2"], "grid": 3}],
    }


def synthetic(n_train=103, n_test=41, n_classes=4, shape=(3, 4), seed=0, task="parity"):
    """Noisy copies of one random image a class; the first pixel is constant in training only."""
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(60, 190, (n_classes, *shape))

    def split(n):
        classes = rng.integers(n_classes, size=n)
        return (prototypes[classes] + rng.integers(-60, 61, (n, *shape))).astype(np.uint8), classes.astype(np.int16)

    (images_train, class_train), (images_test, class_test) = split(n_train), split(n_test)
    (images_train[:, 0] if len(shape) > 1 else images_train)[:, 0] = 7
    grouped = groups(task, range(n_classes))
    label = labels_of(grouped)
    return Dataset(
        images_train=images_train,
        images_test=images_test,
        class_train=class_train,
        class_test=class_test,
        label_train=label[group_of(grouped, class_train)],
        label_test=label[group_of(grouped, class_test)],
        sample_id=np.arange(n_train),
    )


@pytest.fixture(scope="session")
def small():
    return synthetic()


class FullPrecision:
    """Stands in for the recorder and keeps what it is given as it comes, in memory."""

    def __init__(self, *_):
        self.states, self.test_error, self.noisy = [], {}, {}
        FullPrecision.last = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def record(self, epoch, **measured):
        assert epoch == len(self.states)
        values = {name: value.double().numpy().copy() for name, value in measured.items()}
        if "test_error" in values:
            self.test_error[epoch] = values.pop("test_error")
        self.states.append(values)

    def record_noisy_test(self, sigma, test_error):
        self.noisy[sigma] = test_error.double().numpy().copy()

    def close(self, runs, name):
        pass

    def __getitem__(self, name):
        return np.stack([state[name] for state in self.states])


def seeds_table(seeds):
    return pd.DataFrame({"seed": list(seeds), "removed": "none", "draw": 0})


@pytest.fixture
def measure(monkeypatch, tmp_path):
    """Train and return what was measured, unrounded."""

    def run(dataset, network, optimizer, seeds, epochs=50, dtype="float64", margins=False, **options):
        protocol = Protocol(epochs, test_every=1, dtype=dtype, margins=margins)
        with monkeypatch.context() as patch:
            patch.setattr(loop, "Recorder", FullPrecision)
            loop.train(dataset, network, optimizer, protocol, seeds_table(seeds), tmp_path, device="cpu", **options)
        return FullPrecision.last

    return run


@pytest.fixture
def trained(tmp_path):
    """Train and return the trajectory left on disk."""

    def run(dataset, network, optimizer=None, seeds=(0, 1), epochs=10, **options):
        optimizer = optimizer or Optimizer(settings={"lr": 0.1})
        runs = options.pop("runs", seeds_table(seeds))
        kept = {key: options.pop(key) for key in ("sets", "margins", "dtype") if key in options}
        protocol = Protocol(epochs, options.pop("test_every", 4), **kept)
        loop.train(dataset, network, optimizer, protocol, runs, tmp_path / "run", device="cpu", **options)
        return Trajectory(tmp_path / "run")

    return run


@pytest.fixture
def own_module(tmp_path):
    """A network of a file with this text."""

    def write(text, layers=("0", "3"), **keys):
        file = tmp_path / "mine.py"
        file.write_text("from torch import nn\n" + textwrap.dedent(text), encoding="utf-8")
        return Network(kind="module", file=str(file), layers=layers, **keys)

    return write


@pytest.fixture
def written(tmp_path):
    """Write a trajectory with the given sets, booleans (epochs + 1, runs, P), and products of centres."""

    def write(sets, seeds=None, gram=None, name="run", loss=None, groups=("0", "1")):
        sets = np.asarray(sets, bool)
        n_epochs, n_runs, n_samples = sets.shape
        of_groups = (n_runs, 1, len(groups))
        if gram is None:
            gram = np.zeros((n_epochs, *of_groups, len(groups)))
        loss = np.ones((n_epochs, n_runs)) if loss is None else loss
        packed = np.packbits(sets, axis=2)
        protocol = Protocol(n_epochs - 1)
        with (
            unfinished(tmp_path / name) as hidden,
            Recorder(tmp_path / name, hidden, protocol, n_runs, n_samples, ["1"], groups) as recorder,
        ):
            for epoch in range(n_epochs):
                recorder.record(
                    epoch,
                    loss=torch.as_tensor(loss[epoch]),
                    train_error=torch.as_tensor(sets[epoch].mean(axis=1)),
                    test_error=torch.full((n_runs,), 0.5),
                    zeros=torch.zeros(of_groups),
                    gram=torch.as_tensor(gram[epoch]),
                    misclassified=torch.as_tensor(packed[epoch]),
                )
            recorder.close(seeds_table(range(n_runs) if seeds is None else seeds), "small")
        return Trajectory(tmp_path / name)

    return write


def write_idx(path, array):
    """Unsigned bytes in the format of MNIST's files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def own_arrays(n_train=40, n_test=20, n_classes=4):
    made = synthetic(n_train, n_test, n_classes)
    return {
        "x_train": made.images_train,
        "y_train": made.class_train,
        "x_test": made.images_test,
        "y_test": made.class_test,
    }


def own(folder, **changes):
    """A specification for a user's file, with some of its arrays changed or (None) left out."""
    np.savez(folder / "own.npz", **{k: array for k, array in (own_arrays() | changes).items() if array is not None})
    return DataSpecification("npz", file="own.npz")
