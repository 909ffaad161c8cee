"""Train an ensemble: many networks of one architecture on one dataset, as one wide network.

All runs share the data, so their first layers are one matrix product (a few, if they are very many), and
a run that sees fewer points differs only by a 0/1 weight per point in its loss. A run's result depends
on its seed and settings alone, never on its neighbours (up to rounding). Samples pass in blocks, so
memory does not grow with their number, and what is measured streams out epoch by epoch.

State ``t`` is the network after ``t`` epochs. With full batches, the forward pass that measures
state ``t`` is the one that gives the gradient of step ``t + 1``.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset, features
from ..spec.specification import Network, Optimizer, Protocol
from ..support.errors import InputError
from .networks import add_gradient, check_activation, forward, initial_parameters
from .progress import Progress, names_of
from .recorder import Recorder

log = logging.getLogger(__name__)

BLOCK_VALUES = 2**19
"""Activations to hold at a time on a CPU, in numbers: a block of samples should fit in cache."""
BLOCK_VALUES_GPU = 2**28
LEAST_BLOCK = 512
"""Samples at a time at least: with fewer the matrix product starves, which costs more than twice the activations."""


@dataclass(frozen=True)
class Data:
    """What a training call sees: features with a last column of ones, and class indices 0 or 1."""

    x: torch.Tensor
    y: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    varying: torch.Tensor

    @classmethod
    def from_dataset(cls, dataset: Dataset, dtype: str, device: torch.device) -> "Data":
        train, test, varying = features(dataset)

        def with_ones(x: np.ndarray) -> torch.Tensor:
            x = torch.as_tensor(x, dtype=getattr(torch, dtype), device=device)
            return torch.cat([x, x.new_ones(len(x), 1)], dim=1)

        def index(label: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(label > 0, device=device).long()

        return cls(
            with_ones(train),
            index(dataset.label_train),
            with_ones(test),
            index(dataset.label_test),
            torch.as_tensor(varying),
        )


def pick_device(name: str) -> torch.device:
    """``auto`` is the GPU where there is one. Raises :class:`InputError` for ``cuda`` where there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("`training.device: cuda`, but torch finds no GPU here; use `auto` or `cpu`")
    return torch.device(name)


def train(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    runs: pd.DataFrame,
    folder: Path,
    removed: np.ndarray | None = None,
    noise: Sequence[float] = (),
    device: str = "auto",
) -> None:
    """Train one network per row of ``runs`` (its ``seed``) and leave a trajectory in ``folder``.

    ``removed`` (runs, P), booleans, drops points from a run's training; its loss, error, centres
    and misclassified set are then over the kept points. After the last epoch the test error is
    also measured with Gaussian noise of each standard deviation in ``noise`` (standardised units;
    the same draw for every run) added to the test data.

    A run whose loss turns NaN or infinite is reported by name and leaves the others be. Raises :class:`InputError` for
    an activation that :func:`.networks.check_activation` refuses.
    """
    check_activation(network.activation)
    data = Data.from_dataset(dataset, protocol.dtype, pick_device(device))
    seeds = runs["seed"].tolist()
    ensembles = [
        _Ensemble(data, network, optimizer, seeds[part], None if removed is None else removed[part])
        for part in parts(len(runs), units_of(network), block_values(data.x.device))
    ]
    progress = Progress(protocol.epochs, len(runs), names_of(runs))
    with Recorder(folder, protocol, len(runs), len(data.x), network.width, len(network.hidden_layers)) as recorder:
        for epoch in range(protocol.epochs + 1):
            last = epoch == protocol.epochs
            with_gradient = not (last or optimizer.batch_size)
            measured = merged([ensemble.measure(with_gradient) for ensemble in ensembles])
            if epoch % protocol.test_every == 0 or last:
                measured["test_error"] = torch.cat([ensemble.test_error(data.x_test) for ensemble in ensembles])
            recorder.record(epoch, **measured)
            if last:
                break
            for ensemble in ensembles:
                if optimizer.batch_size:
                    ensemble.step_through_batches()
                else:
                    ensemble.step()
            progress.tick(epoch + 1)
        for sigma in noise:
            noisy = with_noise(data.x_test, sigma)
            recorder.record_noisy_test(sigma, torch.cat([ensemble.test_error(noisy) for ensemble in ensembles]))
        recorder.close(runs)


def with_noise(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Features plus Gaussian noise, the same draw at every call; the column of ones stays.

    The authors' notebook adds noise to every pixel. Ours has no pixels that are constant in training: weights that no
    gradient ever reached would turn their noise into noise of the representation. Test errors at the paper's noise are
    therefore lower here (MNIST, σ = 1: by about 3 % of themselves).
    """
    draw = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    draw[:, -1] = 0
    return x + sigma * draw.to(x.device)


def units_of(network: Network) -> int:
    """Hidden units of one run, all layers."""
    return network.width * len(network.hidden_layers)


def block_values(device: torch.device) -> int:
    return BLOCK_VALUES if device.type == "cpu" else BLOCK_VALUES_GPU


def parts(n_runs: int, units: int, values: int) -> list[slice]:
    """Runs that go through the data together: at most twice ``values`` activations in ``LEAST_BLOCK`` samples.

    One run at least. The parts are as equal as can be. More runs at a time would gain nothing: their matrix product is
    large already, and their activations would leave the cache.
    """
    most = max(1, 2 * values // LEAST_BLOCK // units)
    edges = np.linspace(0, n_runs, -(-n_runs // most) + 1).round().astype(int)
    return [slice(start, stop) for start, stop in zip(edges, edges[1:], strict=False)]


def merged(measured: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """What was measured of several parts, as of all their runs in a row."""
    return {name: torch.cat([part[name] for part in measured]) for name in measured[0]}


class _Ensemble:
    """Parameters, optimiser state and data of the runs that train together."""

    def __init__(
        self,
        data: Data,
        network: Network,
        optimizer: Optimizer,
        seeds: Sequence[int],
        removed: np.ndarray | None,
    ):
        device, dtype = data.x.device, data.x.dtype
        self.data, self.network, self.batch_size = data, network, optimizer.batch_size
        self.parameters = [
            p.to(device, dtype) for p in initial_parameters(network, len(data.varying), data.varying, seeds)
        ]
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)
        self.optimizer = getattr(torch.optim, optimizer.algorithm)(self.parameters, **optimizer.settings)
        self.batches = torch.Generator().manual_seed(optimizer.batch_seed)
        self.n_runs, n_samples = len(seeds), len(data.x)
        # One row serves every run where nothing is dropped.
        self.weights = torch.ones(1, n_samples, device=device, dtype=dtype)
        if removed is not None:
            self.weights = torch.as_tensor(~removed, device=device).to(dtype)
        self.n_kept = self.weights.sum(1)
        self.targets, self.targets_test = (torch.nn.functional.one_hot(y, 2).to(dtype) for y in (data.y, data.y_test))
        self.per_class = self.weights @ self.targets
        # Whole bytes of the bit-packed sets.
        self.block = max(LEAST_BLOCK, block_values(device) // (self.n_runs * units_of(network)) // 8 * 8)

    def zero_gradient(self) -> None:
        for parameter in self.parameters:
            parameter.grad.zero_()

    def step(self) -> None:
        self.optimizer.step()

    def blocks(self, n_samples: int) -> Iterator[slice]:
        for start in range(0, n_samples, self.block):
            yield slice(start, min(start + self.block, n_samples))

    def measure(self, with_gradient: bool) -> dict[str, torch.Tensor]:
        """Loss, error, class centres and misclassified set of the current state.

        Shapes: ``loss`` and ``train_error`` (runs,), ``centres`` (runs, 2, hidden units of all
        layers), ``zeros`` (runs, 2, layers), ``misclassified`` (runs, ceil(P / 8)) bit-packed in the
        order of ``numpy.packbits``. With ``with_gradient`` the gradient of the loss is left in the parameters on the
        way.
        """
        if with_gradient:
            self.zero_gradient()
        x = self.data.x
        loss = x.new_zeros(self.n_runs)
        wrong_count = x.new_zeros(self.n_runs)
        sums = [x.new_zeros(self.n_runs, 2, self.network.width) for _ in self.network.hidden_layers]
        zeros = [x.new_zeros(self.n_runs, 2) for _ in self.network.hidden_layers]
        packed = []
        for rows in self.blocks(len(x)):
            hidden, outputs = forward(self.network, self.parameters, x[rows])
            weights, targets = self.weights[:, rows], self.targets[rows]
            wrong = misclassified(outputs, targets) & (weights > 0)
            wrong_count += wrong.sum(1)
            packed.append(pack_bits(wrong))
            for total, zero, h in zip(sums, zeros, hidden, strict=True):
                # The sum of unit vectors is a product of h with weights over norms: no unit
                # vectors are written. A representation that is exactly 0 (dead ReLUs) adds nothing and is counted.
                # (h * h).sum runs across samples at once; linalg.vector_norm is far slower along this axis.
                square = (h * h).sum(1)
                zero += ((square == 0) * weights) @ targets
                scale = weights * square.clamp_min_(1e-30).rsqrt_()
                total.baddbmm_(scale.unsqueeze(1) * targets.T, h.mT)
            loss += self._loss(outputs, weights, targets, hidden if with_gradient else None, x[rows])
        centres = torch.cat(sums, dim=2) / self.per_class.unsqueeze(2)
        return {
            "loss": loss / self.n_kept,
            "train_error": wrong_count / self.n_kept,
            "centres": centres,
            "zeros": torch.stack(zeros, dim=2) / self.per_class.unsqueeze(2),
            "misclassified": torch.cat(packed, dim=1),
        }

    def _loss(
        self,
        outputs: torch.Tensor,
        weights: torch.Tensor,
        targets: torch.Tensor,
        hidden: list[torch.Tensor] | None,
        x: torch.Tensor,
        n_kept: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Summed cross-entropy of each run; adds the gradient of its mean if ``hidden`` is given."""
        logp = torch.log_softmax(outputs, dim=1)
        loss = -(logp * targets.T).sum(1).mul_(weights).sum(1)
        if hidden is not None:
            n_kept = self.n_kept if n_kept is None else n_kept
            scale = (weights / n_kept.unsqueeze(1)).unsqueeze(1)
            add_gradient(self.network, self.parameters, x, hidden, (logp.exp_() - targets.T).mul_(scale))
        return loss

    def step_through_batches(self) -> None:
        """One epoch of mini-batches, in an order that all runs share."""
        x = self.data.x
        order = torch.randperm(len(x), generator=self.batches).to(x.device)
        for rows in order.split(self.batch_size):
            self.zero_gradient()
            hidden, outputs = forward(self.network, self.parameters, x[rows])
            weights = self.weights[:, rows]
            # A batch may hold no kept point of a heavily pruned run: it then takes a zero gradient.
            n_kept = weights.sum(1).clamp_min(1)
            self._loss(outputs, weights, self.targets[rows], hidden, x[rows], n_kept)
            self.step()

    def test_error(self, x_test: torch.Tensor) -> torch.Tensor:
        wrong = x_test.new_zeros(self.n_runs)
        for rows in self.blocks(len(x_test)):
            _, outputs = forward(self.network, self.parameters, x_test[rows])
            wrong += misclassified(outputs, self.targets_test[rows]).sum(1)
        return wrong / len(x_test)


def misclassified(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Whether another class's output exceeds that of the true one; booleans (runs, samples).

    ``outputs`` (runs, classes, samples), ``targets`` one-hot (samples, classes).
    """
    return outputs.amax(1) > (outputs * targets.T).sum(1)


def pack_bits(bits: torch.Tensor) -> torch.Tensor:
    """Booleans (runs, n) to bytes (runs, ceil(n / 8)), first in the highest bit, on any device.

    Eight booleans read as one 64-bit integer times a constant collect in its top byte: the same
    as ``numpy.packbits(bits, axis=1)``.
    """
    padded = torch.nn.functional.pad(bits, (0, -bits.shape[1] % 8)).contiguous()
    return ((padded.view(torch.int64) * -0x7FBFDFEFF7FBFDFF) >> 56).to(torch.uint8)
