"""The reference training as one would write it in JAX: one network, ``vmap`` over the runs, ``jit`` of all epochs.

A yardstick for the benchmark: plain gradient descent with full batches through one hidden layer of tanh, and at
every epoch what the engine measures. Needs jax, which the project does not install.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import torch

from ..training.engine import Data

Arrays = tuple[jax.Array, ...]


def inputs(parameters: Sequence[torch.Tensor], data: Data) -> tuple[Arrays, Arrays]:
    """The engine's ``[W1, W2, b2]`` and data for :func:`train`: runs first in each, labels one-hot."""
    first, second, bias = parameters
    of_runs = (first.unflatten(0, (len(second), -1)), second, bias)
    targets, targets_test = (torch.nn.functional.one_hot(y, 2).to(data.x.dtype) for y in (data.y, data.y_test))
    as_arrays = partial(map, lambda tensor: jnp.asarray(tensor.numpy()))
    return tuple(as_arrays(of_runs)), tuple(as_arrays((data.x, targets, data.x_test, targets_test)))


@partial(jax.jit, static_argnames=("epochs", "test_every"))
def train(parameters: Arrays, data: Arrays, learning_rate: float, epochs: int, test_every: int) -> dict[str, jax.Array]:
    """Measure states 0 to ``epochs`` - 1, first axis of each result; one layer of what ``Ensemble.measure`` does.

    ``test_error`` is NaN in the epochs that do not test. Units come before samples: the other order takes longer.
    """
    x, targets, x_test, targets_test = data

    def forward(parameters: Arrays, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        first, second, bias = parameters
        h = jnp.tanh(first @ x.T)
        return h, second @ h + bias

    def loss_of(parameters: Arrays) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        h, outputs = forward(parameters, x)
        return -(jax.nn.log_softmax(outputs, axis=0) * targets.T).sum(0).mean(), (h, outputs)

    def misclassified(outputs: jax.Array, targets: jax.Array) -> jax.Array:
        return outputs.max(0) > (outputs * targets.T).sum(0)

    def measure(parameters: Arrays) -> tuple[Arrays, dict[str, jax.Array]]:
        (loss, (h, outputs)), gradient = jax.value_and_grad(loss_of, has_aux=True)(parameters)
        wrong = misclassified(outputs, targets)
        square = (h * h).sum(0)
        per_group = targets.sum(0)
        centres = h * jax.lax.rsqrt(jnp.maximum(square, 1e-30)) @ targets / per_group
        return gradient, {
            "loss": loss,
            "train_error": wrong.mean(dtype=x.dtype),
            "gram": centres.T @ centres,
            "zeros": (square == 0) @ targets / per_group,
            "misclassified": jnp.packbits(wrong),
        }

    def test_error(parameters: Arrays) -> jax.Array:
        return misclassified(forward(parameters, x_test)[1], targets_test).mean(dtype=x.dtype)

    def untested(parameters: Arrays) -> jax.Array:
        return jnp.full(len(parameters[0]), jnp.nan, x.dtype)

    def epoch(parameters: Arrays, number: jax.Array) -> tuple[Arrays, dict[str, jax.Array]]:
        gradient, measured = jax.vmap(measure)(parameters)
        measured["test_error"] = jax.lax.cond(number % test_every == 0, jax.vmap(test_error), untested, parameters)
        return tuple(p - learning_rate * g for p, g in zip(parameters, gradient, strict=True)), measured

    return jax.lax.scan(epoch, parameters, jnp.arange(epochs))[1]
