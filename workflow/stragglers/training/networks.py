"""Fully connected networks, many of one architecture side by side (shapes: run, unit, sample)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..spec.specification import Network
from ..support.errors import InputError

ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
ONEDNN_ACTIVATIONS = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
"""Whether oneDNN's activations are worth taking along: without AVX-512 its tanh takes five times as long as ours."""


def _tanh(z: torch.Tensor) -> torch.Tensor:
    """tanh z = 2σ(2z) - 1, exact to 2e-7: on CPUs in single precision less than half the time of torch's own."""
    if z.device.type == "cpu" and z.dtype == torch.float32:
        return z.mul_(2).sigmoid_().mul_(2).sub_(1)
    return z.tanh_()


def _tanh_backward(gradient: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    return torch.ops.aten.tanh_backward.grad_input(gradient, h, grad_input=gradient)


def _relu_backward(gradient: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    return torch.ops.aten.threshold_backward.grad_input(gradient, h, 0, grad_input=gradient)


@dataclass(frozen=True)
class Activation:
    """A function f of the hidden units, h = f(z), and its derivative."""

    forward: Callable[[torch.Tensor], torch.Tensor]
    """z -> h, best written over z to spare a pass of memory."""
    backward: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """(dL/dh, h) -> dL/dz, best written over dL/dh. z is gone by then: f' must follow from h, as that of GELU
    does not."""
    onednn: str | None = None
    """What oneDNN calls f, if it is to take it along with the matrix product."""


ACTIVATIONS = {
    "tanh": Activation(_tanh, _tanh_backward, onednn="tanh"),
    "relu": Activation(torch.relu_, _relu_backward, onednn="relu"),
    "linear": Activation(lambda z: z, lambda gradient, h: gradient, onednn="none"),
}
"""Activations by their names in the config, the schema of which lists them, too."""


def check_activation(name: str) -> None:
    """Raise :class:`InputError` unless ``name`` is an activation whose parts are of one and the same function.

    The derivative is held against autograd's in double precision, and what oneDNN makes of it against f.
    """
    if name not in ACTIVATIONS:
        raise InputError(f"activation {name!r}: the schema lists it, but ACTIVATIONS of networks.py does not")
    f = ACTIVATIONS[name]
    z = torch.linspace(-4, 4, 256, dtype=torch.float64, requires_grad=True)
    h = f.forward(z.clone())
    upstream = torch.linspace(1, 2, len(z), dtype=torch.float64)
    (expected,) = torch.autograd.grad(h, z, upstream)
    if not torch.allclose(f.backward(upstream.clone(), h.detach().clone()), expected):
        raise InputError(f"activation {name!r}: its backward in networks.py is not the derivative of its forward")
    product = rows_product(z.detach().float()[:, None], torch.ones(1, 1), f)
    if not torch.allclose(product[:, 0], h.float(), atol=1e-5):
        raise InputError(f"activation {name!r}: what oneDNN calls {f.onednn!r} is not its forward in networks.py")


def rows_product(a: torch.Tensor, b: torch.Tensor, activation: Activation = ACTIVATIONS["linear"]) -> torch.Tensor:
    """f(a @ b.T) for ``a`` (m, k) and ``b`` (n, k): nearly all of the work of training.

    Single precision on a CPU goes to oneDNN, which torch otherwise uses for other types only: on
    AMD processors it is much faster than the MKL product behind ``@``.
    """
    if not (ONEDNN and a.device.type == "cpu" and a.dtype == torch.float32):
        return activation.forward(a @ b.T)
    along = activation.onednn if ONEDNN_ACTIVATIONS else None
    product = torch.ops.mkldnn._linear_pointwise(a, b, None, along or "none", [], "")
    return product if along else activation.forward(product)


def initial_parameters(
    network: Network, n_features: int, varying: torch.Tensor, seeds: Sequence[int], n_outputs: int = 2
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


def forward(
    network: Network, parameters: list[torch.Tensor], x: torch.Tensor
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Hidden representations, one (runs, width, samples) a layer, and outputs (runs, classes, samples).

    ``x`` has shape (samples, varying features + 1), its last column 1. The first layer of all
    runs is one matrix product.
    """
    first, *rest = parameters
    f = ACTIVATIONS[network.activation]
    h = rows_product(first, x, f).unflatten(0, (-1, network.width))
    hidden = [h]
    for weight, bias in zip(rest[:-2:2], rest[1:-2:2], strict=True):
        h = f.forward(torch.baddbmm(bias, weight, h))
        hidden.append(h)
    return hidden, torch.baddbmm(rest[-1], rest[-2], h)


def add_gradient(
    network: Network,
    parameters: list[torch.Tensor],
    x: torch.Tensor,
    hidden: list[torch.Tensor],
    output_gradient: torch.Tensor,
) -> None:
    """Add the gradient of these samples to each parameter's ``grad`` by back-propagation.

    ``output_gradient`` is dL/d(outputs), shape (runs, classes, samples). Written by hand because
    it reuses the activations in place: one memory pass a layer beside the matrix products.
    """
    backward = ACTIVATIONS[network.activation].backward
    first, *rest = parameters
    delta = output_gradient
    for layer in reversed(range(len(hidden))):
        weight, bias = rest[2 * layer], rest[2 * layer + 1]
        weight.grad.baddbmm_(delta, hidden[layer].mT)
        bias.grad.add_(delta.sum(2, keepdim=True))
        delta = backward(weight.mT @ delta, hidden[layer])
    first.grad.add_(rows_product(delta.flatten(0, 1), x.T))
