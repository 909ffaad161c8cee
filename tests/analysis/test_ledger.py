import numpy as np
import pytest
import torch

from workflow.stragglers.analysis.ledger import contributions, distance, ledgers, overlap, parameters_of, refuse
from workflow.stragglers.geometry.inversion import defining_inversions, inversions
from workflow.stragglers.geometry.manifolds import dynamics
from workflow.stragglers.spec.specification import Defining, Detection, Network, Optimizer, Protocol
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training.activations import ACTIVATIONS
from workflow.stragglers.training.replay import replay

GD = Optimizer(settings={"lr": 0.05})
EPOCHS = 60


def first_state(dataset, network):
    ((_, data, (ensemble,)),) = replay(dataset, network, GD, Protocol(1), [3], [0], device="cpu")
    return data, parameters_of(ensemble, 0)


def test_the_distance_is_that_of_the_centres_of_unit_vectors():
    hidden = torch.tensor([[3.0, 0.0, 2.0], [0.0, 5.0, 0.0]])
    assert float(distance(hidden, torch.tensor([0, 1, 0]))) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("network", [Network(width=4), Network(width=4, depth=3, activation="relu")], ids=str)
@pytest.mark.parametrize("layer", [1, -1])
def test_contributions_are_those_of_one_gradient_a_point(small, network, layer):
    data, parameters = first_state(small, network)
    x, layer = data.x.double(), layer % network.depth
    value, found = contributions(parameters, x, data.y, layer, ACTIVATIONS[network.activation])

    leaves = [p.clone().requires_grad_() for p in parameters]
    first, *rest = leaves
    activation = torch.tanh if network.activation == "tanh" else torch.relu
    hidden = [activation(first @ x.T)]
    for weight, bias in zip(rest[:-2:2], rest[1:-2:2], strict=True):
        hidden.append(activation(weight[0] @ hidden[-1] + bias[0]))
    outputs = rest[-2][0] @ hidden[-1] + rest[-1][0]
    unit = torch.nn.functional.normalize(hidden[layer - 1], dim=0)
    between = (unit[:, data.y == 1].mean(1) - unit[:, data.y == 0].mean(1)).norm()
    gradient = torch.autograd.grad(between, leaves, retain_graph=True, materialize_grads=True)
    expected = []
    for point, group in enumerate(data.y):
        loss = torch.nn.functional.cross_entropy(outputs[:, point], group)
        own = torch.autograd.grad(loss, leaves, retain_graph=True)
        expected.append(-sum(float((g * o).sum()) for g, o in zip(gradient, own, strict=True)) / len(x))
    assert value == pytest.approx(float(between))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


@pytest.fixture
def made(small, trained):
    network = Network(width=6)
    run = trained(small, network, GD, (0, 1), epochs=EPOCHS, test_every=1)
    table = dynamics(run, {name: name for name in ("dataset", "source", "task", "subset", "network", "optimizer")})
    found = defining_inversions(inversions(table, Detection()), Defining()).copy()
    # Whether or not so short a training inverts: the first run is said to, at epoch 20.
    found["found"], found["epoch"] = [True, False], [20, None]
    address = {name: name for name in ("dataset", "source", "task", "subset", "network", "optimizer")}
    return run, table, *ledgers(small, network, GD, Protocol(EPOCHS, 1), run, found, Detection(), address)


def test_what_points_add_is_the_change_of_the_distance(made):
    _, table, of_epochs, of_runs = made
    untouched = of_epochs.query("removed == 'none'")
    np.testing.assert_allclose(untouched["D"], table["D"], atol=1e-5)
    steps = untouched.dropna(subset="change").query("epoch > 0")
    added = steps["stragglers"] + steps["others"]
    assert np.abs(steps["change"] - added).max() < 0.1 * np.abs(steps["change"]).max()
    assert (of_runs["correlation"] > 0.99).all()


def test_stragglers_are_those_of_the_inversion_and_a_run_without_has_none(made):
    run, _, of_epochs, of_runs = made
    first, second = of_runs.query("removed == 'none'").itertuples()
    assert first.n_stragglers == run.sets(20, 0).sum() > 0 and first.epoch == 20
    assert second.n_stragglers == 0 and np.isnan(second.overlap)
    assert 0 <= first.overlap_chance <= first.overlap <= 1 and 0 <= first.pull <= 1
    assert (of_epochs.query("seed == 1")["stragglers"] == 0).all()


def test_points_that_are_removed_take_no_part(small, made):
    run, _, of_epochs, _ = made
    without = of_epochs.query("removed == 'stragglers'")
    assert set(without["seed"]) == {0} and (without["stragglers"] == 0).all()
    removed = run.sets(20, [0])
    (_, data, (ensemble,)), *_ = replay(small, Network(width=6), GD, Protocol(EPOCHS), [0], [5], removed, device="cpu")
    kept = torch.as_tensor(~removed[0])
    value, _ = contributions(parameters_of(ensemble, 0), data.x.double()[kept], data.y[kept], 1, ACTIVATIONS["tanh"])
    assert without.query("epoch == 5")["D"].item() == pytest.approx(value)


def test_the_overlap_of_the_lowest_with_themselves_is_whole():
    parts = np.array([0.1, -0.3, 0.2, -0.1])
    assert overlap(parts, parts < 0) == 1
    assert overlap(parts, parts > 0) == 0
    assert overlap(parts, np.array([False, True, True, False])) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("network", "optimizer", "n_groups"),
    [
        (Network(kind="convolutional"), GD, 2),
        (Network(), GD, 3),
        (Network(), Optimizer("Adam", settings={"lr": 0.01}), 2),
        (Network(), Optimizer(batch_size=8, settings={"lr": 0.1}), 2),
        (Network(), Optimizer(settings={"lr": 0.1, "momentum": 0.9}), 2),
    ],
)
def test_other_runs_have_no_ledger(network, optimizer, n_groups):
    refuse(Network(), GD, 2)
    with pytest.raises(InputError, match="a ledger is of"):
        refuse(network, optimizer, n_groups)
