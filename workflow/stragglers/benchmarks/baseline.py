"""The baseline of the benchmark: training as one would write it."""

from typing import Any

import torch

from ..spec.specification import Network, Optimizer
from ..training.engine import Data


def one_run_at_a_time(data: Data, network: Network, optimizer: Optimizer, epochs: int, seed: int = 0) -> None:
    """The baseline: one network, autograd, a pass for each thing measured, as one would write it.

    Every epoch: gradient step(s); then, each with a pass of its own, training error, test error,
    class centres with radii and distance, and the misclassified set.
    """
    torch.manual_seed(seed)
    x, x_test = data.x, data.x_test
    if network.kind == "dense":
        x, x_test = x[:, :-1].contiguous(), x_test[:, :-1].contiguous()
    hidden = hidden_layers(network, x[:1].cpu()).to(x)
    model = torch.nn.Sequential(hidden, torch.nn.Linear(network.width, 2)).to(x)
    step = getattr(torch.optim, optimizer.algorithm)(model.parameters(), **optimizer.settings)
    loss_of = torch.nn.CrossEntropyLoss()
    log: list[Any] = []
    for _ in range(epochs):
        order = torch.randperm(len(x), device=x.device)
        for rows in order.split(optimizer.batch_size) if optimizer.batch_size else [slice(None)]:
            step.zero_grad()
            loss_of(model(x[rows]), data.y[rows]).backward()
            step.step()
        with torch.no_grad():
            log.append((model(x).argmax(1) != data.y).float().mean().item())
            log.append((model(x_test).argmax(1) != data.y_test).float().mean().item())
            h = torch.nn.functional.normalize(hidden(x))
            centres = [h[data.y == label].mean(0) for label in (0, 1)]
            log.append([(h[data.y == label] - centres[label]).square().sum(1).mean().sqrt().item() for label in (0, 1)])
            log.append((centres[1] - centres[0]).norm().item())
            log.append((model(x).argmax(1) != data.y).nonzero().cpu())


def hidden_layers(network: Network, x: torch.Tensor) -> torch.nn.Sequential:
    """The layers of a dense or convolutional network before its outputs, for samples like ``x``."""
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "linear": torch.nn.Identity}[network.activation]
    layers: list[torch.nn.Module] = []
    if network.kind == "convolutional":
        n_in = x.shape[1]
        for channels, kernel, stride, pool in network.stages:
            layers += [torch.nn.Conv2d(n_in, channels, kernel, stride, kernel // 2), activation()]
            layers += [torch.nn.MaxPool2d(pool)] if pool > 1 else []
            n_in = channels
        layers.append(torch.nn.Flatten())
    n_in = torch.nn.Sequential(*layers)(x.float()).shape[1]
    for _ in range(network.depth - 1):
        layers += [torch.nn.Linear(n_in, network.width), activation()]
        n_in = network.width
    return torch.nn.Sequential(*layers)
