"""What training asks of networks of any kind, and what it gives them to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch

from ..data.datasets import Dataset
from ..data.tasks import group_index
from ..spec.specification import Network


class View(NamedTuple):
    """A dataset as networks of one kind see it; samples come first."""

    train: np.ndarray
    test: np.ndarray
    varying: np.ndarray
    """Which raw features vary in training, booleans in the shape of one sample."""
    noisy: np.ndarray
    """Which of what is seen takes noise where test data are given some, booleans in the shape of one sample."""


@dataclass(frozen=True)
class Data:
    """A :class:`View` on a device, and the number of each point's group."""

    x: torch.Tensor
    y: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    varying: torch.Tensor
    noisy: torch.Tensor
    n_groups: int

    @classmethod
    def of(cls, dataset: Dataset, view: View, dtype: str, device: torch.device) -> "Data":
        # Row by row in memory: for rows of a transposed array oneDNN takes a path that is a hundred times slower.
        train, test = (
            torch.as_tensor(np.ascontiguousarray(x), dtype=getattr(torch, dtype), device=device)
            for x in (view.train, view.test)
        )
        y, y_test = (
            torch.as_tensor(group_index(label), device=device).long()
            for label in (dataset.label_train, dataset.label_test)
        )
        return cls(
            train,
            y,
            test,
            y_test,
            torch.as_tensor(view.varying),
            torch.as_tensor(view.noisy, device=device),
            len(np.unique(dataset.label_train)),
        )

    def noisy_test(self, sigma: float) -> torch.Tensor:
        """Test data plus Gaussian noise of standard deviation ``sigma``, the same draw at every call.

        The authors' notebook adds noise to every pixel. Ours has no pixels that are constant in training: weights that
        no gradient ever reached would turn their noise into noise of the representation. Test errors at the paper's
        noise are therefore lower here (MNIST, σ = 1: by about 3 % of themselves).
        """
        generator = torch.Generator().manual_seed(0)
        draw = torch.randn(self.x_test.shape, generator=generator, dtype=self.x_test.dtype)
        return self.x_test + sigma * draw.to(self.x_test.device) * self.noisy


class Pass(NamedTuple):
    """What networks make of some samples in their present state."""

    hidden: list[torch.Tensor]
    """Representation at each hidden layer that is observed, (runs, units, samples)."""
    outputs: torch.Tensor
    """(runs, groups, samples)."""
    kept: Any = None
    """What else :meth:`Engine.backward` needs."""


class Engine(Protocol):
    """The networks of several runs, of one architecture, that train together.

    A run must not depend on its neighbours. Nothing that is measured is known here: see :mod:`.meters`.
    """

    least_block: ClassVar[int]
    """Samples at a time at least: with fewer its products starve. A multiple of 8, whole bytes of bit-packed sets."""
    most_runs: ClassVar[int | None]
    """Runs that gain from training together, if there is a limit. Where it is 1, what is made of a sample in learning
    may depend on the others of its mini-batch: those pass whole, and hold the points that the run keeps."""
    graphs: ClassVar[bool]
    """Whether a pass is the same kernels at every call, for none of which the host waits: see :mod:`.graph`."""
    needs_batches: str | None
    """What in these networks learns from mini-batches only, if anything does."""
    layers: tuple[str, ...]
    """Names of the hidden layers that are observed, in the order of :attr:`Pass.hidden`."""
    parameters: list[torch.Tensor]
    """Of all runs, each with a ``grad``; an optimiser that updates element by element does not mix them."""
    buffers: Sequence[torch.Tensor]
    """What else changes in learning, to be written over in place by who goes on from an earlier state."""

    @staticmethod
    def view(dataset: Dataset) -> View:
        """``dataset`` as these networks see it."""

    @staticmethod
    def values(network: Network, data: Data) -> int:
        """Numbers that a sample makes one run hold."""

    def __init__(self, network: Network, data: Data, seeds: Sequence[int]):
        """One network per seed in its initial state."""

    def forward(self, x: torch.Tensor, learning: bool = False, observed: bool = True) -> Pass:
        """What the networks make of ``x``, rows of :attr:`Data.x` or :attr:`Data.x_test`.

        ``learning``, in the steps through mini-batches: as networks do that behave otherwise in training. Without
        ``observed`` nobody looks at :attr:`Pass.hidden`; where torch's gradients are off, no :meth:`backward` follows.
        """

    def backward(self, x: torch.Tensor, made: Pass, gradient: torch.Tensor) -> None:
        """Add to each parameter's ``grad``, given what :meth:`forward` made of ``x`` and dL/d(outputs).

        Both may be written over.
        """
