"""Fully connected networks, many of one architecture side by side (shapes: run, unit, sample)."""

from collections.abc import Sequence

import numpy as np
import torch

from ..data.datasets import Dataset, features
from ..spec.specification import Network
from .activations import ACTIVATIONS, check_activation, rows_product
from .engine import Data, Pass, View


class Dense:
    """An :class:`.engine.Engine`. The first layer of all runs is one matrix product."""

    @staticmethod
    def view(dataset: Dataset) -> View:
        """Standardised features that vary, with a last column of ones: the bias joins the matrix product."""
        train, test, varying = features(dataset)
        train, test = (np.concatenate([x, np.ones((len(x), 1))], axis=1) for x in (train, test))
        return View(train, test, varying, np.arange(train.shape[1]) < train.shape[1] - 1)

    @staticmethod
    def values(network: Network, data: Data) -> int:
        return network.width * (network.depth - 1)

    def __init__(self, network: Network, data: Data, seeds: Sequence[int]):
        check_activation(network.activation)
        self.layers = tuple(map(str, range(1, network.depth)))
        self.width, self.activation = network.width, ACTIVATIONS[network.activation]
        drawn = initial_parameters(network, len(data.varying), data.varying, seeds, data.n_groups)
        self.parameters = [p.to(data.x.device, data.x.dtype) for p in drawn]
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)

    def forward(self, x: torch.Tensor) -> Pass:
        first, *rest = self.parameters
        h = rows_product(first, x, self.activation).unflatten(0, (-1, self.width))
        hidden = [h]
        for weight, bias in zip(rest[:-2:2], rest[1:-2:2], strict=True):
            h = self.activation.forward(torch.baddbmm(bias, weight, h))
            hidden.append(h)
        return Pass(hidden, torch.baddbmm(rest[-1], rest[-2], h))

    def backward(self, x: torch.Tensor, made: Pass, gradient: torch.Tensor) -> None:
        """Written by hand because it reuses the activations in place: one memory pass a layer beside the products."""
        first, *rest = self.parameters
        delta = gradient
        for layer in reversed(range(len(made.hidden))):
            weight, bias = rest[2 * layer], rest[2 * layer + 1]
            weight.grad.baddbmm_(delta, made.hidden[layer].mT)
            bias.grad.add_(delta.sum(2, keepdim=True))
            delta = self.activation.backward(weight.mT @ delta, made.hidden[layer])
        first.grad.add_(rows_product(delta.flatten(0, 1), x.T))


def initial_parameters(
    network: Network, n_features: int, varying: torch.Tensor, seeds: Sequence[int], n_outputs: int
) -> list[torch.Tensor]:
    """Initial weights of one network per seed, PyTorch's default ``Linear`` initialisation.

    Seed ``s`` gives the very numbers of ``torch.manual_seed(s)`` followed by
    ``Sequential(Linear(n_features, width), ..., Linear(width, n_outputs))``. Features that never
    vary are zero in all data, so their weights are drawn (the scale of the others depends on
    ``n_features``) and then dropped.

    Returns ``[W1, W2, b2, W3, b3, ...]`` with ``W1`` of shape (runs * width, varying features + 1),
    its last column the bias, and then ``W`` (runs, out, in) and ``b`` (runs, out, 1).
    """
    widths = [n_features] + [network.width] * (network.depth - 1) + [n_outputs]
    drawn = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        layers = []
        for n_in, n_out in zip(widths, widths[1:], strict=False):
            bound = n_in**-0.5
            layers.append(torch.empty(n_out, n_in).uniform_(-bound, bound, generator=generator))
            layers.append(torch.empty(n_out, 1).uniform_(-bound, bound, generator=generator))
        drawn.append(layers)
    stacked = [torch.stack(layer) for layer in zip(*drawn, strict=True)]
    first = torch.cat([stacked[0][:, :, varying], stacked[1]], dim=2).flatten(0, 1)
    return [first, *stacked[2:]]
