"""What is measured of a state while the samples pass: each meter owns a stream of the trajectory."""

from collections.abc import Sequence
from typing import Protocol

import torch

from .engine import Pass


class Meter(Protocol):
    """Takes in the samples of one state, block by block."""

    def add(self, made: Pass, targets: torch.Tensor, weights: torch.Tensor) -> None:
        """``targets`` one-hot (samples, groups); ``weights`` (runs or 1, samples), 0 for points that are left out."""

    def take(self) -> dict[str, torch.Tensor]:
        """What was measured, by the names of the trajectory."""


class Misclassified:
    """``train_error`` (runs,) and the set ``misclassified`` (runs, ceil(P / 8)), bit-packed like ``numpy.packbits``."""

    def __init__(self, n_kept: torch.Tensor):
        self.n_kept, self.count, self.packed = n_kept, 0, []

    def add(self, made: Pass, targets: torch.Tensor, weights: torch.Tensor) -> None:
        wrong = misclassified(made.outputs, targets) & (weights > 0)
        self.count = self.count + wrong.sum(1)
        self.packed.append(pack_bits(wrong))

    def take(self) -> dict[str, torch.Tensor]:
        return {"train_error": self.count / self.n_kept, "misclassified": torch.cat(self.packed, dim=1)}


class Centres:
    """Of the unit representations of each group: scalar products of their centres, and the share of zeros.

    ``gram`` (runs, layers, groups, groups) in double precision and ``zeros`` (runs, layers, groups), the share of
    representations that are exactly 0 (dead ReLUs), which count as points at the origin. Every radius and distance
    follows from the two (:mod:`..geometry.manifolds`), however wide the layer.
    """

    def __init__(self, per_group: torch.Tensor):
        self.per_group = per_group
        self.sums: list[torch.Tensor] = []
        self.n_zeros: list[torch.Tensor] = []

    def add(self, made: Pass, targets: torch.Tensor, weights: torch.Tensor) -> None:
        if not self.sums:
            groups = targets.shape[1]
            self.sums = [h.new_zeros(len(h), groups, h.shape[1]) for h in made.hidden]
            self.n_zeros = [h.new_zeros(len(h), groups) for h in made.hidden]
        for total, zero, h in zip(self.sums, self.n_zeros, made.hidden, strict=True):
            # The sum of unit vectors is a product of h with weights over norms: no unit vectors are written.
            # (h * h).sum runs across samples at once; linalg.vector_norm is far slower along this axis.
            square = (h * h).sum(1)
            zero += ((square == 0) * weights) @ targets
            scale = weights * square.clamp_min_(1e-30).rsqrt_()
            total.baddbmm_(scale.unsqueeze(1) * targets.T, h.mT)

    def take(self) -> dict[str, torch.Tensor]:
        centres = [total.double() / self.per_group.unsqueeze(2) for total in self.sums]
        return {
            "gram": torch.stack([centre @ centre.mT for centre in centres], dim=1),
            "zeros": torch.stack([zero / self.per_group for zero in self.n_zeros], dim=1),
        }


class Margins:
    """``margins`` (runs, 2, P): the probability of the true group, and its output less the largest of the others."""

    def __init__(self):
        self.blocks: list[torch.Tensor] = []

    def add(self, made: Pass, targets: torch.Tensor, weights: torch.Tensor) -> None:
        true = (made.outputs * targets.T).sum(1)
        others = made.outputs.masked_fill(targets.T > 0, -torch.inf)
        probability = (true - made.outputs.logsumexp(1)).exp()
        self.blocks.append(torch.stack([probability, true - others.amax(1)], dim=1))

    def take(self) -> dict[str, torch.Tensor]:
        return {"margins": torch.cat(self.blocks, dim=2)}


def misclassified(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Whether another group's output exceeds that of the true one; booleans (runs, samples).

    ``outputs`` (runs, groups, samples), ``targets`` one-hot (samples, groups).
    """
    return outputs.amax(1) > (outputs * targets.T).sum(1)


def pack_bits(bits: torch.Tensor) -> torch.Tensor:
    """Booleans (runs, n) to bytes (runs, ceil(n / 8)), first in the highest bit, on any device.

    Eight booleans read as one 64-bit integer times a constant collect in its top byte: the same
    as ``numpy.packbits(bits, axis=1)``.
    """
    padded = torch.nn.functional.pad(bits, (0, -bits.shape[1] % 8)).contiguous()
    return ((padded.view(torch.int64) * -0x7FBFDFEFF7FBFDFF) >> 56).to(torch.uint8)


def merged(measured: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """What was measured of several parts, as of all their runs in a row."""
    return {name: torch.cat([part[name] for part in measured]) for name in measured[0]}
