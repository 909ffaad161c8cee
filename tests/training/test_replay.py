import numpy as np
import pytest
import torch
from conftest import synthetic

from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.training.meters import misclassified
from workflow.stragglers.training.replay import replay, seen_by

EPOCHS = [0, 3, 7, 10]
OPTIMIZERS = {
    "full batch": Optimizer(settings={"lr": 0.1}),
    "mini-batches of Adam": Optimizer("Adam", batch_size=16, batch_seed=3, settings={"lr": 0.01}),
}


@pytest.fixture(params=OPTIMIZERS)
def optimizer(request):
    return OPTIMIZERS[request.param]


@pytest.mark.parametrize("drops", [False, True])
def test_what_is_seen_again_is_what_was_recorded(small, trained, optimizer, drops):
    network, seeds = Network(width=6, depth=3), (4, 1)
    removed = np.zeros((2, len(small.sample_id)), bool)
    removed[1, :10] = drops
    run = trained(small, network, optimizer, seeds, epochs=10, removed=removed)
    states = replay(small, network, optimizer, Protocol(10, 4), seeds, EPOCHS, removed, device="cpu")
    seen = []
    for epoch, data, ensembles in states:
        seen.append(epoch)
        (ensemble,) = ensembles
        hidden, outputs = seen_by(ensemble, data.x)
        assert [layer.shape for layer in hidden] == [(2, 6, len(data.x))] * 2
        wrong = misclassified(outputs, ensemble.targets).numpy() & ~removed
        np.testing.assert_array_equal(wrong, run.sets(epoch, [0, 1]))
        measured = ensemble.measure(with_gradient=False)
        np.testing.assert_array_equal(measured["loss"].numpy(), run.loss[epoch])
    assert seen == EPOCHS


def test_runs_that_do_not_fit_side_by_side_come_in_parts_in_order(monkeypatch, optimizer):
    monkeypatch.setattr("workflow.stragglers.training.ensemble.BLOCK_VALUES", 512)
    dataset, network, seeds = synthetic(n_train=1100), Network(width=2, depth=2), range(5)
    (_, data, ensembles), *_ = replay(dataset, network, optimizer, Protocol(3), seeds, [2], device="cpu")
    outputs = torch.cat([seen_by(ensemble, data.x)[1] for ensemble in ensembles])
    assert len(ensembles) > 1 and outputs.shape == (5, 2, 1100)
    for seed in seeds:
        ((_, _, (alone,)),) = replay(dataset, network, optimizer, Protocol(3), [seed], [2], device="cpu")
        torch.testing.assert_close(seen_by(alone, data.x)[1][0], outputs[seed])


def test_nothing_is_trained_where_nothing_is_looked_at(small, optimizer):
    assert list(replay(small, Network(width=6), optimizer, Protocol(10), [0], [], device="cpu")) == []
