import numpy as np
import pytest
import torch
from conftest import synthetic

from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training.hardness import asked, el2n, hardness
from workflow.stragglers.training.replay import replay

GD = Optimizer(settings={"lr": 0.3})


def states(dataset, network, epochs, seeds=(3, 8), dtype="float64"):
    return replay(dataset, network, GD, Protocol(max(epochs), dtype=dtype), seeds, epochs, device="cpu")


def test_el2n_in_numbers():
    # Even odds are half wrong in both groups; a certain error is √2 away from the truth.
    outputs = torch.tensor([[[0.0, 0.0, 50.0], [0.0, 0.0, -50.0]]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    torch.testing.assert_close(el2n(outputs, targets), torch.tensor([[0.5**0.5, 0.5**0.5, 2**0.5]]))


@pytest.mark.parametrize("task", ["parity", "classes"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("depth", [2, 3, 4])
def test_grand_is_the_norm_of_autograds_gradient(depth, activation, task):
    dataset = synthetic(n_train=19, task=task)
    network = Network(width=5, depth=depth, activation=activation)
    for _, data, (ensemble,) in states(dataset, network, [4]):
        found = asked(ensemble, data.x, gradients=True)["grand"]
        first, *rest = (parameter.detach().clone().requires_grad_() for parameter in ensemble.engine.parameters)
        function = {"tanh": torch.tanh, "relu": torch.relu}[activation]
        for point in range(len(data.x)):
            h = function(data.x[point : point + 1] @ first.T).reshape(2, 5, 1)
            for weight, bias in zip(rest[:-2:2], rest[1:-2:2], strict=True):
                h = function(weight @ h + bias)
            outputs = (rest[-2] @ h + rest[-1])[..., 0]
            for run in range(2):
                loss = torch.nn.functional.cross_entropy(outputs[run], data.y[point])
                # Of the other run's weights it is 0.
                gradient = torch.autograd.grad(loss, [first, *rest], retain_graph=True)
                torch.testing.assert_close(found[run, point] ** 2, sum((part**2).sum() for part in gradient))


def test_what_is_asked_of_a_state_is_what_its_outputs_say(small):
    for _, data, (ensemble,) in states(small, Network(width=6), [0, 5]):
        found = asked(ensemble, data.x, gradients=False)
        outputs = ensemble.engine.forward(data.x).outputs
        true = outputs.gather(1, data.y.expand(2, 1, -1))[:, 0]
        other = outputs.gather(1, 1 - data.y.expand(2, 1, -1))[:, 0]
        torch.testing.assert_close(found["margin"], true - other)
        torch.testing.assert_close(found["probability"], torch.sigmoid(true - other))
        # Of two groups, the error is as large in both.
        torch.testing.assert_close(found["el2n"], 2**0.5 * (1 - found["probability"]))
        assert set(found) == {"margin", "probability", "el2n"}


def test_scores_of_runs_are_means_over_their_states(small):
    network, epochs, seeds, inversion = Network(width=6), 110, (3, 8), np.array([7.0, np.nan])
    found = hardness(small, network, GD, Protocol(epochs, dtype="float64"), seeds, inversion, device="cpu")
    of_states = [
        {kind: values.numpy().copy() for kind, values in asked(ensemble, data.x, gradients=True).items()}
        for _, data, (ensemble,) in states(small, network, range(epochs + 1))
    ]
    every = {kind: np.stack([state[kind] for state in of_states]) for kind in of_states[0]}
    expected = {
        "aum": -every["margin"].mean(0),
        "confidence": -every["probability"].mean(0),
        "variability": every["probability"].std(0),
        **{f"{kind}_{at}": every[kind][at] for kind in ("el2n", "grand") for at in (0, 20, 100)},
        **{f"{kind}_end": every[kind][-1] for kind in ("el2n", "grand")},
    }
    assert set(found) == {*expected, "el2n_inversion", "aum_inversion"}
    for kind, values in expected.items():
        np.testing.assert_allclose(found[kind], values, rtol=1e-5, atol=1e-6, err_msg=kind)
    np.testing.assert_allclose(found["el2n_inversion"][0], every["el2n"][7, 0], rtol=1e-6)
    np.testing.assert_allclose(found["aum_inversion"][0], -every["margin"][:8, 0].mean(0), rtol=1e-6)
    assert np.isnan(found["el2n_inversion"][1]).all() and np.isnan(found["aum_inversion"][1]).all()


def test_means_that_a_trajectory_keeps_are_the_same(small, trained):
    network, epochs = Network(width=6), 30
    kept = trained(small, network, GD, (3, 8), epochs=epochs, margins=True).margins[-1]
    found = hardness(small, network, GD, Protocol(epochs), (3, 8), np.array([np.nan] * 2), device="cpu")
    np.testing.assert_allclose(-found["confidence"], kept[:, 2], rtol=1e-5)
    np.testing.assert_allclose(-found["aum"], kept[:, 3], rtol=1e-4, atol=1e-6)


def test_a_short_training_has_no_late_snapshots(small):
    found = hardness(small, Network(width=3), GD, Protocol(20), [1], np.array([np.nan]), device="cpu")
    assert {kind for kind in found if kind.startswith("grand")} == {"grand_0", "grand_end"}


def test_networks_without_a_closed_form_are_refused(small):
    with pytest.raises(InputError, match="GraNd is of dense networks, and this one is convolutional"):
        hardness(small, Network(kind="convolutional"), GD, Protocol(2), [1], np.array([np.nan]), device="cpu")
