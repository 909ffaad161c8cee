"""Epochs as CUDA graphs: to launch their small kernels one by one takes the host longer than the GPU takes for them."""

from collections.abc import Callable
from weakref import WeakSet

import torch

Work = Callable[[], dict[str, torch.Tensor]]

WARM_UP = 3
"""Calls before the capture: by then everything is there that is made only once, such as an optimiser's state."""


class Graphed:
    """``work`` that launches the same kernels on the same memory at every call, replayed as one.

    Graphs share the memory for what they make on the way: they are replayed one after another. torch forgets it with
    the last graph that holds it, so the next to be captured asks one that still lives.
    """

    captured: WeakSet["Graphed"] = WeakSet()

    def __init__(self, work: Work):
        self.work, self.calls = work, 0
        self.graph = torch.cuda.CUDAGraph()

    def __call__(self) -> dict[str, torch.Tensor]:
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.work()
        if self.calls == WARM_UP + 1:
            sharing = next(iter(self.captured), None)
            # Records the kernels, and runs none of them.
            with torch.cuda.graph(self.graph, pool=sharing and sharing.graph.pool()):
                self.made = self.work()
            self.captured.add(self)
        self.graph.replay()
        # The next replay writes over what this one made.
        return {name: values.clone() for name, values in self.made.items()}
