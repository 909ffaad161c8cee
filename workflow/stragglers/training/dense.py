"""Fully connected networks, many of one architecture side by side (shapes: run, unit, sample)."""

from collections.abc import Sequence

import numpy as np
import torch

from ..data.datasets import Dataset, features
from ..spec.specification import Network
from .activations import ACTIVATIONS, Activation, check_activation, rows_product
from .engine import Data, Pass, View


class Dense:
    """An :class:`.engine.Engine`. The first layer of all runs is one matrix product."""

    least_block = 512
    """With fewer samples the first product starves, which costs more than twice the activations."""
    most_runs = None
    graphs = True
    needs_batches = None
    buffers = ()

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

    def forward(self, x: torch.Tensor, learning: bool = False, observed: bool = True) -> Pass:
        first, *rest = self.parameters
        h = rows_product(first, x, self.activation).unflatten(0, (-1, self.width))
        return Pass(*through(rest, h, self.activation))

    def backward(self, x: torch.Tensor, made: Pass, gradient: torch.Tensor) -> None:
        """Written by hand because it reuses the activations in place: one memory pass a layer beside the products."""
        first, *rest = self.parameters
        delta = back(rest, made.hidden, gradient, self.activation)
        first.grad.add_(rows_product(delta.flatten(0, 1), x.T))


def through(
    layers: Sequence[torch.Tensor], h: torch.Tensor, activation: Activation
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """``h`` (runs, units, samples) and the hidden layers after it, then the outputs.

    ``layers``: ``[W, b, W, b, ...]``, those of the outputs last; ``W`` (runs, out, in) and ``b`` (runs, out, 1).
    """
    hidden = [h]
    for weight, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        hidden.append(activation.forward(torch.baddbmm(bias, weight, hidden[-1])))
    return hidden, torch.baddbmm(layers[-1], layers[-2], hidden[-1])


def back(
    layers: Sequence[torch.Tensor], hidden: Sequence[torch.Tensor], gradient: torch.Tensor, activation: Activation
) -> torch.Tensor:
    """The way back of :func:`through`: dL/dz of ``hidden[0]`` = f(z) from dL/d(outputs), which is written over."""
    delta = gradient
    for weight, bias, h in zip(layers[-2::-2], layers[::-2], reversed(hidden), strict=True):
        weight.grad.baddbmm_(delta, h.mT)
        bias.grad.add_(delta.sum(2, keepdim=True))
        delta = activation.backward(weight.mT @ delta, h)
    return delta


def initial_parameters(
    network: Network, n_features: int, varying: torch.Tensor, seeds: Sequence[int], n_outputs: int
) -> list[torch.Tensor]:
    """Initial weights of one network per seed, PyTorch's default ``Linear`` initialisation times the network's scale.

    At scale 1 seed ``s`` gives the very numbers of ``torch.manual_seed(s)`` followed by
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
            bound = network.scale * n_in**-0.5
            layers.append(torch.empty(n_out, n_in).uniform_(-bound, bound, generator=generator))
            layers.append(torch.empty(n_out, 1).uniform_(-bound, bound, generator=generator))
        drawn.append(layers)
    stacked = [torch.stack(layer) for layer in zip(*drawn, strict=True)]
    first = torch.cat([stacked[0][:, :, varying], stacked[1]], dim=2).flatten(0, 1)
    return [first, *stacked[2:]]
