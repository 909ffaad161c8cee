"""What hidden units do: activations with their derivatives, fused with the matrix product where that pays."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..support.errors import InputError
from .eager import along

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
        raise InputError(f"activation {name!r}: the schema lists it, but ACTIVATIONS of activations.py does not")
    f = ACTIVATIONS[name]
    z = torch.linspace(-4, 4, 256, dtype=torch.float64, requires_grad=True)
    h = f.forward(z.clone())
    upstream = torch.linspace(1, 2, len(z), dtype=torch.float64)
    (expected,) = torch.autograd.grad(along(h, upstream), z)
    if not torch.allclose(f.backward(upstream.clone(), h.detach().clone()), expected):
        raise InputError(f"activation {name!r}: its backward in activations.py is not the derivative of its forward")
    product = rows_product(z.detach().float()[:, None], torch.ones(1, 1), f)
    if not torch.allclose(product[:, 0], h.float(), atol=1e-5):
        raise InputError(f"activation {name!r}: what oneDNN calls {f.onednn!r} is not its forward in activations.py")


def _onednn(x: torch.Tensor) -> bool:
    return ONEDNN and x.device.type == "cpu" and x.dtype == torch.float32


def rows_product(a: torch.Tensor, b: torch.Tensor, activation: Activation = ACTIVATIONS["linear"]) -> torch.Tensor:
    """f(a @ b.T) for ``a`` (m, k) and ``b`` (n, k): nearly all of the work of training.

    Single precision on a CPU goes to oneDNN, which torch otherwise uses for other types only: on
    AMD processors it is much faster than the MKL product behind ``@``.
    """
    if not _onednn(a):
        return activation.forward(a @ b.T)
    along = activation.onednn if ONEDNN_ACTIVATIONS else None
    product = torch.ops.mkldnn._linear_pointwise(a, b, None, along or "none", [], "")
    return product if along else activation.forward(product)


def convolution(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int, groups: int, activation: Activation
) -> torch.Tensor:
    """f of a grouped convolution of ``x`` (samples, channels, height, width) with half a kernel of zeros around it."""
    padding = weight.shape[-1] // 2
    if _onednn(x) and activation.onednn and ONEDNN_ACTIVATIONS:
        return torch.ops.mkldnn._convolution_pointwise(
            x, weight, bias, [padding] * 2, [stride] * 2, [1, 1], groups, activation.onednn, [], ""
        )
    return activation.forward(torch.conv2d(x, weight, bias, stride, padding, 1, groups))
