"""A training that is killed ends as it would have undisturbed, and a checkpoint serves no other."""

import errno
import fcntl
import hashlib
import os
import pickle
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from workflow.stragglers.spec.specification import ALGORITHMS, Network, Optimizer
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training import checkpoint, recorder
from workflow.stragglers.training.checkpoint import CHECKPOINT, UNFINISHED, unfinished
from workflow.stragglers.training.progress import Progress

GD = Optimizer(settings={"lr": 0.1})
DRAWING = """
def make(input_shape, n_outputs):
    layers = nn.Flatten(), nn.Linear(12, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, n_outputs)
    return nn.Sequential(*layers)
"""
AVERAGING = """
class Averaged(nn.Linear):
    def __init__(self, *size):
        super().__init__(*size)
        self.mean = nn.Parameter(self.weight.detach().clone(), requires_grad=False)

    def forward(self, x):
        self.mean.data = 0.5 * self.mean.data + 0.5 * self.weight.data
        return nn.functional.linear(x, self.weight + self.mean.data, self.bias)

def make(input_shape, n_outputs):
    return nn.Sequential(nn.Flatten(), Averaged(12, 6), nn.Tanh(), nn.Linear(6, n_outputs))
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
    "Adagrad": (Network(4), Optimizer("Adagrad", settings={"lr": 0.05, "lr_decay": 0.1}), {}),
    **{
        f"{algorithm}, {dtype}": (Network(4), Optimizer(algorithm, settings={"lr": 0.01}), {"dtype": dtype})
        for algorithm in ALGORITHMS
        for dtype in ("float32", "float64")
    },
    "mini-batches": (Network(4), Optimizer(batch_size=16, settings={"lr": 0.1}), {}),
    "points left out": (Network(4), GD, {"removed": LEFT_OUT}),
    "margins": (Network(4), GD, {"margins": True, "sets": "logarithmic"}),
    "convolutional": (Network(4, kind="convolutional"), GD, {}),
    "a module that draws": (DRAWING, Optimizer(batch_size=16, settings={"lr": 0.1}), {}),
    "a module that averages": (AVERAGING, GD, {}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("at", [1, 2, 9])
def test_a_killed_training_ends_with_the_same_bits(small, trained, killed, own_module, case, at):
    network, optimizer, options = CASES[case]
    network = network if isinstance(network, Network) else own_module(network, ("1", "3"))

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
            # One that bears its checksum and would write a file.
            content = pickle.dumps(Touching(tmp_path / "touched"), protocol=2)
            (hidden / CHECKPOINT).write_bytes(content + hashlib.sha256(content).hexdigest().encode())
    assert_equal(contents(train()), expected)
    assert "starts anew" in caplog.text
    assert not (tmp_path / "touched").exists()


class Touching:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.touch, ())


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(small, trained, killed, monkeypatch, caplog):
    def train():
        return trained(small, Network(4), checkpoint_seconds=1e-9)

    caplog.set_level("INFO")
    undisturbed = train()
    expected, save, moved = contents(undisturbed), torch.save, []
    replace = type(undisturbed.folder).replace

    def dies_at_the_fourth_move(path, target):
        if target.name == CHECKPOINT:
            moved.append(path)
        if len(moved) == 4:
            raise Killed
        return replace(path, target)

    def dies_at_the_fourth_write(state, part):
        moved.append(part)
        save(state, part)
        if len(moved) == 4:
            part.write_bytes(part.read_bytes()[:100])
            raise Killed

    for place, name, dies in (
        (type(undisturbed.folder), "replace", dies_at_the_fourth_move),
        (torch, "save", dies_at_the_fourth_write),
    ):
        moved.clear()
        caplog.clear()
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(checkpoint, "SHARE", np.inf)
            patch.setattr(place, name, dies)
            train()
        assert_equal(contents(train()), expected)
        assert "going on from epoch 3" in caplog.text


def test_what_fails_at_the_very_end_is_not_trained_again(small, trained, monkeypatch, caplog):
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)
    caplog.set_level("INFO")

    def train():
        return trained(small, Network(4), checkpoint_seconds=1e-9)

    expected = contents(train())

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(recorder, "write_arrays", full)
        train()
    assert_equal(contents(train()), expected)
    assert "going on from epoch 10" in caplog.text


def test_a_checkpoint_that_cannot_be_written_stops_no_training(small, trained, monkeypatch, caplog):
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)
    expected = contents(trained(small, Network(4)))

    def full(*_):
        raise RuntimeError("basic_ios::clear: iostream error")

    monkeypatch.setattr(torch, "save", full)
    assert_equal(contents(trained(small, Network(4), checkpoint_seconds=1e-9)), expected)
    assert "cannot be written" in caplog.text


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="nothing here tells which files are open")
def test_a_file_system_that_keeps_what_is_open_fails_no_finished_training(small, trained, monkeypatch):
    # As NFS does: the file stays under another name until it is closed.
    unlink, open_files = os.unlink, []

    def silly(path, **options):
        held = {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}
        name = os.path.join(os.readlink(f"/proc/self/fd/{options['dir_fd']}"), path) if options else str(path)
        if name in held:
            open_files.append(name)
            os.rename(path, f"{path}.nfs", src_dir_fd=options.get("dir_fd"), dst_dir_fd=options.get("dir_fd"))
        else:
            unlink(path, **options)

    monkeypatch.setattr(os, "unlink", silly)
    folder = trained(small, Network(4)).folder
    assert not open_files and not (folder / UNFINISHED).exists()


def test_nobody_else_trains_the_same_meanwhile(small, trained, tmp_path):
    hidden = tmp_path / "run" / UNFINISHED
    hidden.mkdir(parents=True)
    with open(hidden / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process trains"):
            trained(small, Network(4))
    assert trained(small, Network(4)).loss.shape == (11, 2)


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / UNFINISHED / "lock").mkdir(parents=True)
    refused = pytest.raises(InputError, match="lock cannot be written .*run the same command again")
    with refused, unfinished(tmp_path):
        pass


def test_none_is_made_where_none_is_asked_for(small, trained, killed, tmp_path):
    killed(lambda: trained(small, Network(4), checkpoint_seconds=0), 8)
    assert not (tmp_path / "run" / UNFINISHED).exists()


def test_checkpoints_that_take_long_come_less_often(monkeypatch, tmp_path):
    now, saved = [0.0], []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(torch, "save", lambda _, path: path.touch() or now.__setitem__(0, now[0] + 2))
    monkeypatch.setattr(checkpoint, "replacing", nullcontext)
    checkpoints = checkpoint.Checkpoints(tmp_path, "this", 60)
    while now[0] < 3000:
        now[0] += 1
        checkpoints.tick(lambda: saved.append(now[0]) or {"streams": {}})
    gaps = np.diff(saved)
    assert saved[0] == 60
    # Each takes 2 seconds: in a hundred times as long the next may come.
    assert len(gaps) > 5 and (gaps >= 2 / checkpoint.SHARE).all() and (gaps <= 2 / checkpoint.SHARE + 3).all()
