"""The detector on curves of trained networks: what it finds does not depend on how long they train."""

from itertools import product

import pytest
from conftest import ADDRESS, seeds_table

from workflow.stragglers.data import datasets
from workflow.stragglers.geometry.inversion import find_inversion
from workflow.stragglers.geometry.manifolds import INVERTING, dynamics
from workflow.stragglers.spec.specification import Dataset, Detection, Network, Optimizer, Protocol
from workflow.stragglers.training.loop import train
from workflow.stragglers.training.trajectory import Trajectory

EPOCHS = 1600
VEHICLES = {"groups": [[2, 3, 4, 5, 6, 7], [0, 1, 8, 9]]}
DATASETS = {
    "digits": Dataset("digits"),
    "MNIST": Dataset("MNIST", subset={"first": 1024}),
    "FashionMNIST": Dataset("FashionMNIST", subset={"first": 1024}),
    "KMNIST": Dataset("npz", "kmnist-10k.npz", subset={"first": 1024}),
    "CIFAR-10": Dataset("npz", "cifar10-jpeg.npz", VEHICLES, subset={"first": 1024}),
}
CELLS = {
    "reference": (Network(), Optimizer(settings={"lr": 0.2})),
    "relu": (Network(activation="relu"), Optimizer(settings={"lr": 0.2})),
    "adam": (Network(), Optimizer("Adam", settings={"lr": 0.001})),
}


def comes_back(curve, epoch, epochs, longer, turn):
    """Whether a curve (epochs + 1,) is again near its extremum between two ends of training."""
    sign = 1 if turn == "max" else -1
    later = (sign * curve[epochs : longer + 1]).max()
    fall = sign * curve[epoch] - (sign * curve[epoch : epochs + 1]).min()
    return later > sign * curve[epoch] - fall / 2


@pytest.mark.parametrize("name", DATASETS)
def test_training_on_changes_no_inversion(tmp_path, request, name):
    folder = "" if name == "digits" else request.getfixturevalue("raw_data")
    dataset = datasets.prepare(DATASETS[name], folder)
    # The least of them holds what is looked at after any turn in its first half.
    ends = (EPOCHS // 4, EPOCHS // 2, EPOCHS)
    judged = 0
    for cell, (network, optimizer) in CELLS.items():
        train(dataset, network, optimizer, Protocol(EPOCHS, EPOCHS), seeds_table([0, 1]), tmp_path / cell, device="cpu")
        table = dynamics(Trajectory(tmp_path / cell), ADDRESS)
        for (seed, run), observable in product(table.groupby("seed"), INVERTING):
            curve, turn = run[observable.column].to_numpy(float), observable.turn
            found = {end: find_inversion(curve[: end + 1], turn, Detection()).epoch for end in ends}
            for end, longer in ((ends[0], ends[1]), (ends[1], ends[2])):
                epochs = {found[end], found[longer]}
                early = min((epoch for epoch in epochs if epoch is not None), default=end)
                if early < end / 2 and not comes_back(curve, early, end, longer, turn):
                    judged += 1
                    assert len(epochs) == 1, (cell, seed, observable.name, found)
    assert judged, "nothing turns: the test tests nothing"
