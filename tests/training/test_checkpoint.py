"""A training that is killed ends as it would have undisturbed, and a checkpoint serves no other."""

import fcntl
import pickle
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from workflow.stragglers.spec.specification import Network, Optimizer
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.sealed import writing
from workflow.stragglers.training import checkpoint
from workflow.stragglers.training.checkpoint import CHECKPOINT, UNFINISHED
from workflow.stragglers.training.progress import Progress

GD = Optimizer(settings={"lr": 0.1})
DRAWING = """
def make(input_shape, n_outputs):
    layers = nn.Flatten(), nn.Linear(12, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, n_outputs)
    return nn.Sequential(*layers)
"""
LEFT_OUT = np.arange(206).reshape(2, 103) % 7 == 0


class Killed(BaseException):
    pass


@pytest.fixture
def killed(monkeypatch):
    """``killed(train, at)`` calls ``train`` and kills it at an epoch; every epoch before leaves a checkpoint."""
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)
    tick = Progress.tick

    def kill(train, at):
        def die(self, epoch):
            if epoch == at:
                raise Killed
            tick(self, epoch)

        with monkeypatch.context() as patch:
            patch.setattr(Progress, "tick", die)
            with pytest.raises(Killed):
                train()

    return kill


def contents(trajectory):
    """All that a trajectory holds, but the table of its runs."""
    with np.load(trajectory.folder / "scalars.npz") as scalars:
        arrays = dict(scalars)
    return arrays | {path.name: np.array(np.load(path)) for path in trajectory.folder.glob("*.npy")}


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def spoil(path, content=None):
    """Another byte in the middle, or other ``content``."""
    data = bytearray(path.read_bytes() if content is None else content)
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


CASES = {
    "full batches": (Network(4, 3), GD, {}),
    "momentum": (Network(4), Optimizer(settings={"lr": 0.1, "momentum": 0.9}), {}),
    "Adam": (Network(4), Optimizer("Adam", settings={"lr": 0.01}), {}),
    "Adagrad": (Network(4), Optimizer("Adagrad", settings={"lr": 0.05, "lr_decay": 0.1}), {}),
    "mini-batches": (Network(4), Optimizer(batch_size=16, settings={"lr": 0.1}), {}),
    "points left out": (Network(4), GD, {"removed": LEFT_OUT}),
    "margins": (Network(4), GD, {"margins": True, "sets": "logarithmic"}),
    "convolutional": (Network(4, kind="convolutional"), GD, {}),
    "a module that draws": ("module", Optimizer(batch_size=16, settings={"lr": 0.1}), {}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("at", [1, 2, 9])
def test_a_killed_training_ends_with_the_same_bits(small, trained, killed, own_module, case, at):
    network, optimizer, options = CASES[case]
    network = own_module(DRAWING, ("1", "3")) if network == "module" else network

    def train():
        return trained(small, network, optimizer, checkpoint_seconds=1e-9, **options)

    undisturbed = train()
    expected, folder = contents(undisturbed), undisturbed.folder
    killed(train, at)
    # The first epoch has no checkpoint before it: then nothing is left.
    assert (folder / UNFINISHED / CHECKPOINT).is_file() == (at > 1)
    assert_equal(contents(train()), expected)
    assert not (folder / UNFINISHED).exists()


def test_what_is_trained_already_is_not_trained_again(small, trained, killed, monkeypatch):
    def train():
        return trained(small, Network(4), epochs=10, checkpoint_seconds=1e-9)

    killed(train, 8)
    epochs = []
    monkeypatch.setattr(Progress, "tick", lambda self, epoch: epochs.append(epoch))
    train()
    assert epochs == [8, 9, 10]


@pytest.mark.parametrize(
    "other",
    [
        {"optimizer": Optimizer(settings={"lr": 0.2})},
        {"network": Network(5)},
        {"epochs": 12},
        {"seeds": (0, 2)},
        {"code": "of tomorrow"},
        {"noise": [1.0]},
        {"removed": LEFT_OUT},
        {"test_every": 3},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_checkpoint_of_another_training_is_not_used(small, trained, killed, other):
    same = {"network": Network(4), "optimizer": GD, "checkpoint_seconds": 1e-9}
    expected = contents(trained(small, **same | other))
    killed(lambda: trained(small, **same), 8)
    assert_equal(contents(trained(small, **same | other)), expected)


def test_other_data_in_the_same_shape_are_another_training(small, trained, killed, caplog):
    def train(dataset):
        return trained(dataset, Network(4), checkpoint_seconds=1e-9)

    flipped = type(small)(**vars(small) | {"label_train": -small.label_train})
    expected = contents(train(flipped))
    killed(lambda: train(small), 8)
    assert_equal(contents(train(flipped)), expected)


@pytest.mark.parametrize("damage", ["checkpoint", "stream", "no stream", "short stream", "pickle"])
def test_after_damage_it_starts_anew_and_says_so(small, trained, killed, caplog, tmp_path, damage):
    def train():
        return trained(small, Network(4), checkpoint_seconds=1e-9)

    undisturbed = train()
    expected, hidden = contents(undisturbed), undisturbed.folder / UNFINISHED
    killed(train, 8)
    match damage:
        case "checkpoint":
            spoil(hidden / CHECKPOINT)
        case "stream":
            spoil(hidden / "gram.npy")
        case "no stream":
            (hidden / "misclassified.npy").unlink()
        case "short stream":
            (hidden / "gram.npy").write_bytes((hidden / "gram.npy").read_bytes()[:-8])
        case "pickle":
            # One that bears its seal and would write a file.
            with writing(hidden / CHECKPOINT) as part:
                part.write_bytes(pickle.dumps(Touching(tmp_path / "touched"), protocol=2))
    assert_equal(contents(train()), expected)
    assert "starts anew" in caplog.text
    assert not (tmp_path / "touched").exists()


class Touching:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.touch, ())


def test_nobody_else_trains_the_same_meanwhile(small, trained, tmp_path):
    hidden = tmp_path / "run" / UNFINISHED
    hidden.mkdir(parents=True)
    with open(hidden / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process trains"):
            trained(small, Network(4))
    assert trained(small, Network(4)).loss.shape == (11, 2)


def test_none_is_made_where_none_is_asked_for(small, trained, killed, tmp_path):
    killed(lambda: trained(small, Network(4), checkpoint_seconds=0), 8)
    assert not (tmp_path / "run" / UNFINISHED).exists()


def test_checkpoints_that_take_long_come_less_often(monkeypatch, tmp_path):
    now, saved = [0.0], []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(torch, "save", lambda *_: now.__setitem__(0, now[0] + 2))
    monkeypatch.setattr(checkpoint, "writing", nullcontext)
    checkpoints = checkpoint.Checkpoints(tmp_path, "this", 60)
    while now[0] < 3000:
        now[0] += 1
        checkpoints.tick(lambda: saved.append(now[0]) or {"streams": {}})
    gaps = np.diff(saved)
    assert saved[0] == 60
    # Each takes 2 seconds: in a hundred times as long the next may come.
    assert len(gaps) > 5 and (gaps >= 2 / checkpoint.SHARE).all() and (gaps <= 2 / checkpoint.SHARE + 3).all()
