"""The runs that train together, whatever their kind of network.

All runs share the data, and a run that sees fewer points differs only by a 0/1 weight per point in its loss. A run's
result depends on its seed and settings alone, never on its neighbours (up to rounding). Samples pass in blocks, so
memory does not grow with their number.
"""

from collections.abc import Iterator, Sequence
from inspect import signature
from typing import Any

import numpy as np
import torch

from ..spec.specification import Network, Optimizer
from ..support.errors import InputError
from .eager import make_optimizer, step
from .engine import Data, Engine, Pass
from .graph import Graphed
from .kinds import KINDS
from .meters import Centres, Margins, Meter, Misclassified, misclassified

BLOCK_VALUES = 2**19
"""Activations to hold at a time on a CPU, in numbers: a block of samples should fit in cache."""
BLOCK_VALUES_GPU = 2**28


def block_values(device: torch.device) -> int:
    return BLOCK_VALUES if device.type == "cpu" else BLOCK_VALUES_GPU


def parts(engine: type[Engine], n_runs: int, values: int, at_a_time: int) -> list[slice]:
    """Runs that go through the data together: at most twice ``at_a_time`` activations in the engine's least block.

    One run at least, each with so many ``values`` a sample. The parts are as equal as can be. More runs at a time would
    gain nothing: their matrix product is large already, and their activations would leave the cache.
    """
    most = min(max(1, 2 * at_a_time // engine.least_block // values), engine.most_runs or n_runs)
    edges = np.linspace(0, n_runs, -(-n_runs // most) + 1).round().astype(int)
    return [slice(start, stop) for start, stop in zip(edges, edges[1:], strict=False)]


class Ensemble:
    """Networks, their optimiser, and the points that each run keeps."""

    def __init__(
        self,
        data: Data,
        network: Network,
        optimizer: Optimizer,
        seeds: Sequence[int],
        removed: np.ndarray | None,
        values: int,
        margins: bool = False,
    ):
        """``values``: what ``engine.values`` of the network says, which a module is made anew for.

        ``margins``: whether those are measured, too.
        """
        engine = KINDS[network.kind]
        device, dtype = data.x.device, data.x.dtype
        self.data, self.batch_size, self.n_runs, self.margins = data, optimizer.batch_size, len(seeds), margins
        self.engine = engine(network, data, seeds)
        if self.engine.needs_batches and not self.batch_size:
            raise InputError(
                f"`file` {network.file} of the network: {self.engine.needs_batches} behaves otherwise in training, so "
                "it learns from mini-batches only (set `batch_size` of the optimizer, or leave it out of the module)"
            )
        algorithm, settings = getattr(torch.optim, optimizer.algorithm), dict(optimizer.settings)
        # What an optimiser counts on the host would stand still in a graph. SGD counts nothing, most can count on the
        # GPU, but in single precision, which would show in double.
        capturable = "capturable" in signature(algorithm).parameters and dtype == torch.float32
        if device.type == "cuda" and capturable:
            settings["capturable"] = True
        self.optimizer = make_optimizer(algorithm, self.engine.parameters, **settings)
        self.batches = torch.Generator().manual_seed(optimizer.batch_seed)
        # One row serves every run where nothing is dropped.
        self.weights = torch.ones(1, len(data.x), device=device, dtype=dtype)
        if removed is not None:
            self.weights = torch.as_tensor(~removed, device=device).to(dtype)
        self.n_kept = self.weights.sum(1)
        self.targets, self.targets_test = (
            torch.nn.functional.one_hot(y, data.n_groups).to(dtype) for y in (data.y, data.y_test)
        )
        self.per_group = self.weights @ self.targets
        # Whole bytes of the bit-packed sets.
        self.block = max(engine.least_block, block_values(device) // (self.n_runs * values) // 8 * 8)
        self.alone = engine.most_runs == 1
        # On the host, where the order of mini-batches is drawn.
        self.kept_alone = torch.as_tensor(~removed[0]) if self.alone and removed is not None else None

        still = engine.graphs and not self.batch_size and (capturable or algorithm is torch.optim.SGD)
        self.advance = Graphed(self._advance) if still and device.type == "cuda" else self._advance

    def _advance(self) -> dict[str, torch.Tensor]:
        """What :meth:`measure` finds of the present state, which goes on by an epoch."""
        measured = self.measure(with_gradient=not self.batch_size)
        if self.batch_size:
            self.step_through_batches()
        else:
            step(self.optimizer)
        return measured

    def zero_gradient(self) -> None:
        for parameter in self.engine.parameters:
            parameter.grad.zero_()

    def _tensors(self) -> list[torch.Tensor]:
        return [*self.engine.parameters, *self.engine.buffers]

    def state(self) -> dict[str, Any]:
        """All that training changes."""
        return {
            "tensors": self._tensors(),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.get_state(),
        }

    def fits(self, state: dict[str, Any]) -> bool:
        """Whether :meth:`load` can take it: a module may make tensors when it first sees data."""
        return [kept.shape for kept in state["tensors"]] == [tensor.shape for tensor in self._tensors()]

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on from an earlier :meth:`state` of an ensemble of the same runs."""
        for tensor, kept in zip(self._tensors(), state["tensors"], strict=True):
            tensor.copy_(kept)
        self.optimizer.load_state_dict(state["optimizer"])
        # torch has given all but the count of steps the precision of the parameters, and NAdam has more in its own.
        for number, parameter in enumerate(self.engine.parameters):
            loaded = self.optimizer.state[parameter]
            for name, kept in state["optimizer"]["state"].get(number, {}).items():
                if isinstance(kept, torch.Tensor):
                    loaded[name] = kept.to(loaded[name].device)
        self.batches.set_state(state["batches"])

    def blocks(self, n_samples: int) -> Iterator[slice]:
        for start in range(0, n_samples, self.block):
            yield slice(start, min(start + self.block, n_samples))

    def measure(self, with_gradient: bool) -> dict[str, torch.Tensor]:
        """``loss`` (runs,) of the present state, and what the meters find.

        With ``with_gradient`` the gradient of the loss is left in the parameters on the way.
        """
        if with_gradient:
            self.zero_gradient()
        x = self.data.x
        meters: list[Meter] = [Misclassified(self.n_kept), Centres(self.per_group), *(Margins(),) * self.margins]
        loss = x.new_zeros(self.n_runs)
        for rows in self.blocks(len(x)):
            with torch.set_grad_enabled(with_gradient):
                made = self.engine.forward(x[rows])
            weights, targets = self.weights[:, rows], self.targets[rows]
            for meter in meters:
                meter.add(made, targets, weights)
            loss += self._learn(x[rows], made, targets, weights, self.n_kept if with_gradient else None)
        measured = {"loss": loss / self.n_kept}
        for meter in meters:
            measured |= meter.take()
        return measured

    def _learn(
        self, x: torch.Tensor, made: Pass, targets: torch.Tensor, weights: torch.Tensor, n_kept: torch.Tensor | None
    ) -> torch.Tensor:
        """Summed cross-entropy of each run; with ``n_kept`` (runs,) the gradient of its mean over those is added."""
        logp = torch.log_softmax(made.outputs, dim=1)
        loss = -(logp * targets.T).sum(1).mul_(weights).sum(1)
        if n_kept is not None:
            scale = (weights / n_kept.unsqueeze(1)).unsqueeze(1)
            self.engine.backward(x, made, (logp.exp_() - targets.T).mul_(scale))
        return loss

    def step_through_batches(self) -> None:
        """One epoch of mini-batches, in an order that all runs share."""
        x = self.data.x
        order = torch.randperm(len(x), generator=self.batches)
        if self.kept_alone is None:
            # All at once: what comes from the host is waited for.
            order = order.to(x.device)
        for batch in order.split(self.batch_size):
            if self.kept_alone is not None:
                batch = batch[self.kept_alone[batch]]
            if self.engine.needs_batches and len(batch) < 2:
                # What a batch is normalised by, one point does not have.
                continue
            batch = batch.to(x.device)
            self.zero_gradient()
            # A batch may hold no kept point of a heavily pruned run: it then takes a zero gradient.
            n_kept = self.weights[:, batch].sum(1).clamp_min(1)
            for rows in batch.split(len(batch) if self.alone else self.block) if len(batch) else ():
                made = self.engine.forward(x[rows], learning=True, observed=False)
                self._learn(x[rows], made, self.targets[rows], self.weights[:, rows], n_kept)
            step(self.optimizer)

    @torch.no_grad()
    def test_error(self, x_test: torch.Tensor) -> torch.Tensor:
        wrong = x_test.new_zeros(self.n_runs)
        for rows in self.blocks(len(x_test)):
            outputs = self.engine.forward(x_test[rows], observed=False).outputs
            wrong += misclassified(outputs, self.targets_test[rows]).sum(1)
        return wrong / len(x_test)
