"""torch without its compiler, which nothing here uses and which takes long to import.

torch imports it, or the algebra of its symbolic shapes, when an optimiser is first made or steps and when a gradient is
first handed to autograd. A torch that does so elsewhere, too, only takes its time again.
"""

from inspect import unwrap

import torch


def make_optimizer(algorithm: type[torch.optim.Optimizer], parameters, **settings) -> torch.optim.Optimizer:
    """One of a class of ``torch.optim``."""
    for method in vars(torch.optim.Optimizer).values():
        # torch/_compile.py asks the bare method what to call, and has the compiler make that where there is none.
        if (bare := getattr(method, "__wrapped__", None)) is not None and not hasattr(bare, "__dynamo_disable"):
            bare.__dynamo_disable = bare
    return algorithm(parameters, **settings)


@torch.no_grad()
def step(optimizer: torch.optim.Optimizer) -> None:
    """``optimizer.step()`` without the wrappers, which profile it and break graphs."""
    unwrap(type(optimizer).step)(optimizer)


def along(outputs: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """The number by which autograd goes back from ``outputs`` of which ``gradient`` is the loss's, same shape."""
    return (outputs * gradient).sum()
