"""One code path for every device: what a GPU would wait for does not happen inside the epoch loop.

No GPU is needed: every operation of a training is watched as it is dispatched.
"""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from workflow.stragglers.spec.specification import Network, Optimizer
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training import loop, recorder

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
