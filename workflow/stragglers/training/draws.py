"""Random numbers of a run, apart from torch's global ones."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

CPU = torch.device("cpu")


@contextmanager
def seeded(seed: int, device: torch.device = CPU) -> Iterator[None]:
    """A block that draws on ``device`` as after ``torch.manual_seed(seed)``; what is drawn after it is as it was."""
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


class Draws:
    """What a run draws, in blocks that go on where the one before ended; global state stays as it was.

    ``states`` of the generators, the host's and where there is a GPU its own, are written over in place.
    """

    def __init__(self, seed: int, device: torch.device):
        self.device = device
        self.on_gpu = device.type == "cuda"
        with seeded(seed):
            self.states = [torch.get_rng_state()]
        if self.on_gpu:
            self.states.append(torch.Generator(device).manual_seed(seed).get_state())

    @contextmanager
    def going_on(self) -> Iterator[None]:
        with torch.random.fork_rng(devices=[self.device] if self.on_gpu else []):
            torch.set_rng_state(self.states[0])
            if self.on_gpu:
                torch.cuda.set_rng_state(self.states[1], self.device)
            yield
            self.states[0].copy_(torch.get_rng_state())
            if self.on_gpu:
                self.states[1].copy_(torch.cuda.get_rng_state(self.device))
