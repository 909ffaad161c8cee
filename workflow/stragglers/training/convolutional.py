"""Convolutional networks, many of one architecture side by side.

The feature maps of all runs are one tensor (samples, runs * channels, height, width) with its channels last in memory.
The images are the same for all runs, so the first convolution is one matrix product; the others are grouped, one group
a run.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch.nn.functional import max_pool2d, pad

from ..data.datasets import Dataset, shaped_features
from ..spec.specification import Network, Stage
from ..support.errors import InputError
from .activations import ACTIVATIONS, check_activation, convolution, rows_product
from .dense import back, through
from .draws import seeded
from .engine import Data, Pass, View
from .maps import representation

Shape = tuple[int, int, int]
"""Channels, height, width."""


class Convolutional:
    """An :class:`.engine.Engine`."""

    least_block = 32
    most_runs = 8
    """The first product is large enough by then. With more runs, or samples, their maps leave the cache."""
    graphs = True
    needs_batches = None
    buffers = ()

    @staticmethod
    def view(dataset: Dataset) -> View:
        """Standardised images; raises :class:`InputError` for vectors."""
        train, test, varying = shaped_features(dataset)
        if train.ndim == 2:
            raise InputError(
                f"a convolutional network needs images, and these samples are vectors of {train.shape[1]} features "
                "(take a dense network, or store images)"
            )
        return View(train, test, varying, varying)

    @staticmethod
    def values(network: Network, data: Data) -> int:
        convolved = [prod(before) for before, _ in map_shapes(network.stages, data.x.shape[1:])]
        return sum(convolved) + network.width * (network.depth - 1)

    def __init__(self, network: Network, data: Data, seeds: Sequence[int]):
        check_activation(network.activation)
        self.stages, self.maps, self.activation = network.stages, network.maps, ACTIVATIONS[network.activation]
        self.n_runs = len(seeds)
        self.shapes = map_shapes(network.stages, data.x.shape[1:])
        self.layers = (
            *(f"conv{number}" for number in range(1, len(self.stages) + 1)),
            *(f"dense{number}" for number in range(1, network.depth)),
        )
        drawn = initial_parameters(network, data.x.shape[1:], seeds, data.n_groups)
        self.parameters = [p.to(data.x.device, data.x.dtype) for p in drawn]
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)
        after = 2 * len(self.stages) - 1
        self.first, self.grouped, self.dense = self.parameters[0], self.parameters[1:after], self.parameters[after:]

    def forward(self, x: torch.Tensor, learning: bool = False, observed: bool = True) -> Pass:
        """``kept``: what each position sees, the :data:`Maps` of each stage, the last and all after as vectors."""
        columns = unfolded(x, self.stages[0])
        (_, height, width), _ = self.shapes[0]
        product = rows_product(columns, self.first, self.activation)
        h = product.view(len(x), height, width, -1).permute(0, 3, 1, 2)
        stages = [pooled(h, self.stages[0].pool)]
        for stage, weight, bias in zip(self.stages[1:], self.grouped[::2], self.grouped[1::2], strict=True):
            h = convolution(stages[-1][1], weight, bias, stage.stride, self.n_runs, self.activation)
            stages.append(pooled(h, stage.pool))
        last = representation(self._by_run(stages[-1][1]), "flattened")
        vectors, outputs = through(self.dense, last, self.activation)
        hidden = vectors[1:]
        if observed:
            maps = [representation(self._by_run(out), self.maps) for _, out, _ in stages[:-1]]
            maps.append(last if self.maps == "flattened" else representation(self._by_run(stages[-1][1]), self.maps))
            hidden = maps + hidden
        return Pass(hidden, outputs, (columns, stages, vectors))

    def _by_run(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps (samples, runs * channels, height, width) as (runs, samples, positions, channels)."""
        return maps.permute(0, 2, 3, 1).flatten(1, 2).unflatten(2, (self.n_runs, -1)).permute(2, 0, 1, 3)

    def _together(self, vectors: torch.Tensor, shape: Shape) -> torch.Tensor:
        """Vectors (runs, positions * channels, samples) as maps (samples, runs * channels, height, width)."""
        channels, height, width = shape
        maps = vectors.unflatten(1, (height, width, channels)).permute(4, 1, 2, 0, 3)
        return maps.flatten(3).permute(0, 3, 1, 2)

    def backward(self, x: torch.Tensor, made: Pass, gradient: torch.Tensor) -> None:
        """f' follows from f(z) alone, so that it may be taken after pooling, where there are fewer numbers."""
        columns, stages, vectors = made.kept
        delta = self._together(back(self.dense, vectors, gradient, self.activation), self.shapes[-1][1])
        for number in range(len(stages) - 1, 0, -1):
            delta = unpooled(delta, stages[number], self.stages[number].pool)
            entered, weight, bias = stages[number - 1][1], *self.grouped[2 * number - 2 : 2 * number]
            stride, padding = self.stages[number].stride, self.stages[number].kernel // 2
            _, to_weight, to_bias = torch.ops.aten.convolution_backward(
                *(delta, entered, weight, list(bias.shape), [stride] * 2, [padding] * 2, [1, 1]),
                *(False, [0, 0], self.n_runs, [False, True, True]),
            )
            weight.grad.add_(to_weight)
            bias.grad.add_(to_bias)
            delta = to_entered(delta, weight, stride, entered.shape[2:], self.n_runs)
            delta = self.activation.backward(delta, entered)
        delta = unpooled(delta, stages[0], self.stages[0].pool)
        rows = delta.permute(0, 2, 3, 1).flatten(0, 2)
        self.first.grad.addmm_(rows.T, columns)


def map_shapes(stages: Sequence[Stage], shape: Sequence[int]) -> list[tuple[Shape, Shape]]:
    """Shape of each stage's maps before and after pooling, for images of ``shape``.

    Raises :class:`InputError` that names the stage whose maps would be empty.
    """
    shapes = []
    size = tuple(shape[1:])
    for number, stage in enumerate(stages):
        convolved = tuple((n + 2 * (stage.kernel // 2) - stage.kernel) // stage.stride + 1 for n in size)
        left = tuple(n // stage.pool for n in convolved)
        if min(left) < 1:
            raise InputError(
                f"`stages.{number}` of the network: nothing is left of maps of {size[0]} x {size[1]} pixels "
                "(take a smaller `kernel` or `pool`, or fewer stages)"
            )
        shapes.append(((stage.channels, *convolved), (stage.channels, *left)))
        size = left
    return shapes


def unfolded(x: torch.Tensor, stage: Stage) -> torch.Tensor:
    """What each position of the kernel sees of images ``x``: (samples * positions, channels * kernel² + 1).

    Order of the columns is that of torch's ``Conv2d.weight``; the last are ones: the bias joins the product.
    """
    padded = pad(x, [stage.kernel // 2] * 4)
    windows = padded.unfold(2, stage.kernel, stage.stride).unfold(3, stage.kernel, stage.stride)
    windows = windows.permute(0, 2, 3, 1, 4, 5)
    columns = x.new_ones(*windows.shape[:3], windows.shape[3:].numel() + 1)
    columns[..., :-1].unflatten(3, windows.shape[3:]).copy_(windows)
    return columns.flatten(0, 2)


Maps = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]
"""Maps before pooling and after it, and where the maxima stood."""


def pooled(maps: torch.Tensor, width: int) -> Maps:
    if width == 1:
        return maps, maps, None
    return maps, *max_pool2d(maps, width, return_indices=True)


def unpooled(gradient: torch.Tensor, stage: Maps, width: int) -> torch.Tensor:
    """Gradient of the maps before pooling from that of those after it."""
    before, _, places = stage
    if places is None:
        return gradient
    return torch.ops.aten.max_pool2d_with_indices_backward(
        gradient, before, [width] * 2, [width] * 2, [0, 0], [1, 1], False, places
    )


def to_entered(
    gradient: torch.Tensor, weight: torch.Tensor, stride: int, size: Sequence[int], groups: int
) -> torch.Tensor:
    """dL/dx from dL/dy of a grouped convolution y of x, of ``size`` (height, width), with its ``kernel // 2`` zeros.

    One convolution of stride 1, which oneDNN does faster than its own way back from a larger stride: the pixels
    s a + b of x with one remainder b see every s-th entry of the kernel, so each remainder is a channel of its own, and
    the channels are dealt out in the end.
    """
    kernel = weight.shape[-1]
    entries, padding = -(-kernel // stride), kernel // 2
    before = entries - 1 - padding // stride
    after = [(padding + n - 1) // stride + 1 - given for n, given in zip(size, gradient.shape[2:], strict=True)]
    fill = entries * stride - kernel
    split = pad(weight, [0, fill, 0, fill]).unflatten(0, (groups, -1)).unflatten(4, (entries, stride))
    # Groups, out, in, then entries and remainders of both axes.
    split = split.unflatten(3, (entries, stride)).flip(3, 5).permute(0, 4, 6, 2, 1, 3, 5).flatten(0, 3)
    ways = torch.conv2d(pad(gradient, [before, after[1], before, after[0]]), split, groups=groups)
    dealt = ways.permute(0, 2, 3, 1).unflatten(3, (groups, stride, stride, -1)).permute(0, 1, 4, 2, 5, 3, 6)
    dealt = dealt.flatten(5).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)
    start = padding % stride
    return dealt[:, :, start : start + size[0], start : start + size[1]]


def initial_parameters(
    network: Network, shape: Sequence[int], seeds: Sequence[int], n_outputs: int
) -> list[torch.Tensor]:
    """Initial weights of one network per seed, PyTorch's default initialisation.

    Seed ``s`` gives the very numbers of ``torch.manual_seed(s)`` followed by ``Sequential(Conv2d(...), ...,
    Flatten(), Linear(...), ..., Linear(width, n_outputs))``.

    Returns ``[K1, K2, b2, ..., W1, c1, W2, c2, ...]``: ``K1`` (runs * channels, what a position sees + 1), its last
    column the bias, ``K`` (runs * channels, channels before, kernel, kernel), ``b`` (runs * channels,), then of the
    dense layers ``W`` (runs, out, in) and ``c`` (runs, out, 1). The inputs of ``W1`` are in the order of
    :func:`.maps.representation`, positions before channels.
    """
    _, (channels, height, width) = map_shapes(network.stages, shape)[-1]
    n_channels = [shape[0], *(stage.channels for stage in network.stages)]
    widths = [channels * height * width] + [network.width] * (network.depth - 1) + [n_outputs]
    drawn = []
    for seed in seeds:
        with seeded(seed):
            layers: list[torch.nn.Module] = [
                torch.nn.Conv2d(before, stage.channels, stage.kernel)
                for before, stage in zip(n_channels, network.stages, strict=False)
            ]
            layers += [torch.nn.Linear(n_in, n_out) for n_in, n_out in zip(widths, widths[1:], strict=False)]
        drawn.append([p.detach() for layer in layers for p in (layer.weight, layer.bias)])
    stacked = [torch.stack(each) for each in zip(*drawn, strict=True)]
    after = 2 * len(network.stages)
    kernel, bias, *grouped = (each.flatten(0, 1) for each in stacked[:after])
    weight, *dense = stacked[after:]
    by_position = weight.unflatten(2, (channels, height * width)).mT.flatten(2)
    dense = [each if each.ndim == 3 else each.unsqueeze(2) for each in (by_position, *dense)]
    return [torch.cat([kernel.flatten(1), bias.unsqueeze(1)], dim=1), *grouped, *dense]
