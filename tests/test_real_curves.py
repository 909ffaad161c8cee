"""The detector on curves of trained networks: what it finds does not depend on how long they train."""

import pandas as pd
import pytest
from conftest import seeds_table

from workflow.stragglers import datasets
from workflow.stragglers.geometry import TURNS, dynamics
from workflow.stragglers.inversion import find_inversion
from workflow.stragglers.specification import Dataset, Detection, Network, Optimizer, Protocol
from workflow.stragglers.training import train
from workflow.stragglers.trajectory import Trajectory

EPOCHS = 800
VEHICLES = {"groups": [[2, 3, 4, 5, 6, 7], [0, 1, 8, 9]]}
DATASETS = {
    "digits": Dataset("digits"),
    "MNIST": Dataset("MNIST", subset={"first": 4096}),
    "FashionMNIST": Dataset("FashionMNIST", subset={"first": 4096}),
    "KMNIST": Dataset("npz", "kmnist-10k.npz", subset={"first": 4096}),
    "CIFAR-10": Dataset("npz", "cifar10-jpeg.npz", VEHICLES, subset={"first": 4096}),
}
GD, ADAM = Optimizer(settings={"lr": 0.2}), Optimizer("Adam", settings={"lr": 0.001})


@pytest.fixture
def curves(tmp_path, request):
    """Dynamics of two runs a cell on a real dataset."""

    def trained(name):
        folder = "" if name == "digits" else request.getfixturevalue("raw_data")
        dataset = datasets.prepare(DATASETS[name], folder)
        for number, (network, optimizer) in enumerate(
            [(Network(), GD), (Network(activation="relu"), GD), (Network(), ADAM)]
        ):
            path = tmp_path / str(number)
            train(dataset, network, optimizer, Protocol(EPOCHS, EPOCHS), seeds_table([0, 1]), path, device="cpu")
            yield dynamics(Trajectory(path))

    return lambda name: pd.concat(table.assign(optimizer=str(n)) for n, table in enumerate(trained(name)))


@pytest.mark.parametrize("name", DATASETS)
def test_training_on_changes_no_inversion(curves, name):
    found = {}
    for key, run in curves(name).groupby(["optimizer", "seed"]):
        for observable, turn in TURNS.items():
            curve = run[observable].to_numpy()
            for epochs in (EPOCHS // 4, EPOCHS // 2, EPOCHS):
                found[*key, observable, epochs] = find_inversion(curve[: epochs + 1], turn, Detection()).epoch
    early = {key: epoch for key, epoch in found.items() if epoch is not None and epoch < key[-1] / 2}
    assert early, "nothing turns: the test tests nothing"
    for (*run, epochs), epoch in early.items():
        for longer in (2 * epochs, 4 * epochs):
            assert found.get((*run, longer), epoch) == epoch, (run, epochs, longer)


@pytest.mark.parametrize("name", ["MNIST", "CIFAR-10"])
def test_a_fast_optimiser_turns_in_every_run(curves, name):
    adam = curves(name).query("optimizer == '2'")
    epochs = [find_inversion(run["D"].to_numpy(), "max", Detection()).epoch for _, run in adam.groupby("seed")]
    assert None not in epochs
