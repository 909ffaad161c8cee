"""One code path for every device: what a GPU would wait for does not happen inside the epoch loop.

That needs no GPU: every operation of a training is watched as it is dispatched. A GPU that is there is held to the CPU.
"""

import gc

import numpy as np
import pytest
import torch
from conftest import seeds_table
from torch.utils._python_dispatch import TorchDispatchMode

from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training import ensemble, loop, recorder
from workflow.stragglers.training.trajectory import Trajectory

# Reading one number back, or a result whose shape depends on the data, makes the host wait.
WAITING = {"_local_scalar_dense", "nonzero", "is_nonzero", "masked_select", "equal", "unique", "_unique2"}


class Watch(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*arguments, **(keywords or {}))


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("network", [Network(4, 3), Network(4, kind="convolutional")], ids=lambda network: network.kind)
def test_more_epochs_make_the_host_wait_no_more_often(small, trained, network, batch_size):
    # SGD only: Adam counts its steps in a tensor that torch keeps on the host on purpose.
    optimizer = Optimizer(settings={"lr": 0.1, "momentum": 0.9}, batch_size=batch_size)

    def waits(epochs):
        with Watch() as watch:
            trained(small, network, optimizer, epochs=epochs, test_every=2)
        assert len(watch.names) > 100 * epochs
        return sum(name in WAITING for name in watch.names)

    assert waits(4) == waits(12)


def test_what_is_measured_leaves_the_device_in_chunks(small, trained, monkeypatch):
    whole = trained(small, Network(4), epochs=11)
    kept = [np.array(getattr(whole, name)) for name in ("loss", "gram", "misclassified")]
    monkeypatch.setattr(recorder, "FLUSH_EPOCHS", 5)
    chunked = trained(small, Network(4), epochs=11)
    for name, expected in zip(("loss", "gram", "misclassified"), kept, strict=True):
        np.testing.assert_array_equal(getattr(chunked, name), expected)


def test_device_auto_falls_back_to_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert loop.pick_device("auto") == torch.device("cpu")
    assert loop.pick_device("cpu") == torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_named_with_its_key():
    with pytest.raises(InputError, match="training.device: cuda.*auto"):
        loop.pick_device("cuda")


NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
ON_GPU = {
    "gd": (Network(6, 3), {"lr": 0.2}),
    "momentum": (Network(6), {"lr": 0.05, "momentum": 0.9}),
    "Adam": (Network(6), {"algorithm": "Adam", "lr": 0.01}),
    "RMSprop": (Network(6), {"algorithm": "RMSprop", "lr": 0.002}),
    "Adagrad": (Network(6), {"algorithm": "Adagrad", "lr": 0.05, "lr_decay": 0.1}),
    "mini-batches": (Network(6), {"batch_size": 16, "lr": 0.1}),
    "convolutional": (Network(6, kind="convolutional"), {"lr": 0.1}),
}


@NEEDS_GPU
@pytest.mark.parametrize("case", ON_GPU)
def test_a_gpu_trains_as_a_cpu_does(small, tmp_path, case):
    network, settings = ON_GPU[case]
    optimizer = Optimizer.from_config("mine", settings)
    made = {}
    for device in ("cpu", "cuda"):
        protocol = Protocol(30, 4, "float64", margins=True)
        loop.train(small, network, optimizer, protocol, seeds_table([0, 1]), tmp_path / device, device=device)
        made[device] = Trajectory(tmp_path / device)
    for name in ("loss", "test_error", "gram", "margins", "zeros"):
        expected = getattr(made["cpu"], name)
        np.testing.assert_allclose(getattr(made["cuda"], name), expected, rtol=0, atol=1e-6, err_msg=name)
    assert np.array_equal(made["cuda"].misclassified, made["cpu"].misclassified)


@NEEDS_GPU
@pytest.mark.parametrize("case", ON_GPU)
def test_a_graph_makes_what_its_kernels_do_one_by_one(small, tmp_path, monkeypatch, case):
    network, settings = ON_GPU[case]
    optimizer = Optimizer.from_config("mine", settings)

    def trained(name):
        loop.train(small, network, optimizer, Protocol(30), seeds_table([0, 1]), tmp_path / name, device="cuda")
        return Trajectory(tmp_path / name)

    replayed = trained("replayed")
    monkeypatch.setattr(ensemble, "Graphed", lambda work: work)
    one_by_one = trained("one by one")
    for name in ("loss", "gram", "misclassified"):
        np.testing.assert_array_equal(getattr(replayed, name), getattr(one_by_one, name), err_msg=name)


@NEEDS_GPU
def test_a_training_follows_another_whose_graphs_are_gone(small, tmp_path):
    network, settings = ON_GPU["gd"]
    for name in ("first", "second", "third"):
        optimizer = Optimizer.from_config("mine", settings)
        loop.train(small, network, optimizer, Protocol(30), seeds_table([0, 1]), tmp_path / name, device="cuda")
        gc.collect()
    losses = [np.array(Trajectory(tmp_path / name).loss) for name in ("first", "second", "third")]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0], losses[2])
