"""What runs ask of a machine at least, from the configuration alone: a typo of some zeros asks for terabytes."""

from dataclasses import dataclass

from ..spec.specification import Dataset, Network, Protocol

N_FEATURES = {"digits": 64, "MNIST": 784, "KMNIST": 784, "FashionMNIST": 784, "CIFAR10": 1024}
"""Inputs of a network for the sources whose images have one size, channels summed."""
COPIES = 3
"""Parameters, their gradients and one more in the optimiser or on the way."""


@dataclass(frozen=True)
class Footprint:
    """Bytes, each a lower bound."""

    memory: int
    disk: int


def footprint(dataset: Dataset, network: Network, protocol: Protocol, n_runs: int) -> Footprint:
    """Of one ensemble: its data, parameters and errors in memory, its trajectory on disk, in single precision."""
    hidden = network.width * len(network.hidden_layers)
    inputs, n_points = N_FEATURES.get(dataset.source, 1), 0
    if dataset.planted:
        inputs, n_points = dataset.planted["n_features"], dataset.planted["n_train"] + dataset.planted["n_test"]
    parameters = network.width * (inputs + 2 + network.width * (network.depth - 2))
    scalars = 3 * (protocol.epochs + 1)
    centres = 2 * hidden * (protocol.epochs + 1)
    return Footprint(
        memory=4 * n_runs * (COPIES * parameters + scalars) + 4 * n_points * inputs,
        disk=4 * n_runs * (scalars + centres),
    )
