"""A user's own torch.nn.Module, one run after the other, by autograd."""

import hashlib
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ..data.datasets import Dataset, shaped_features
from ..spec.specification import Network
from ..support.errors import InputError
from .draws import Draws, seeded
from .eager import along
from .engine import Data, Pass, View
from .maps import representation

OTHERWISE_IN_TRAINING = (torch.nn.modules.batchnorm._BatchNorm, torch.nn.modules.dropout._DropoutNd)


class Module:
    """An :class:`.engine.Engine` of one run.

    Its random numbers, those of the initial weights and then those of dropout, are the run's own.
    """

    least_block = 64
    most_runs = 1
    graphs = False

    @staticmethod
    def view(dataset: Dataset) -> View:
        """Standardised images (channels, height, width) or vectors (features,); what never varies is 0."""
        train, test, varying = shaped_features(dataset)
        return View(train, test, varying, varying)

    @staticmethod
    def values(network: Network, data: Data) -> int:
        """Numbers that the submodules give out, which autograd keeps."""
        return Module(network, data, [0])._given_out(data.x[:1])

    def __init__(self, network: Network, data: Data, seeds: Sequence[int]):
        (seed,) = seeds
        self.network, self.layers, self.maps, self.n_groups = network, network.layers, network.maps, data.n_groups
        self.draws = Draws(seed, data.x.device)
        with self.draws.going_on():
            self.model = model = made(network, tuple(data.x.shape[1:]), data.n_groups).eval()
            if any(map(torch.nn.parameter.is_lazy, [*model.parameters(), *model.buffers()])):
                # Layers of unknown size draw their weights when they first see data.
                with torch.no_grad():
                    self._call(data.x[:2].cpu().float())
        model.to(data.x.device, data.x.dtype)
        self._observing = True
        self._observed: dict[str, torch.Tensor] = {}
        submodules = dict(model.named_modules())
        if missing := [layer for layer in self.layers if layer not in submodules]:
            raise self._refusal(
                f"has no submodule {missing[0]!r} (`layers`); it has {', '.join(filter(None, submodules)) or 'none'}"
            )
        for layer in self.layers:
            submodules[layer].register_forward_hook(partial(self._observe, layer))
        self._try(data.x[:2])
        self.needs_batches = self._otherwise_in_training(data.x[:2])
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not self.parameters:
            raise self._refusal("has no parameters that learn")
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)

    @property
    def buffers(self) -> list[torch.Tensor]:
        """Running means and the like, parameters that do not learn, and where the random numbers have come to."""
        fixed = (parameter for parameter in self.model.parameters() if not parameter.requires_grad)
        return [*self.model.buffers(), *fixed, *self.draws.states]

    def forward(self, x: torch.Tensor, learning: bool = False, observed: bool = True) -> Pass:
        """``kept``: the outputs (samples, groups) with the graph that made them."""
        self._observing = observed
        outputs = self._run(x, learning)
        hidden = [self._observed.pop(layer) for layer in self.layers] if observed else []
        return Pass(hidden, outputs.detach().T.unsqueeze(0), outputs)

    def backward(self, x: torch.Tensor, made: Pass, gradient: torch.Tensor) -> None:
        try:
            along(made.kept, gradient[0].T).backward()
        except RuntimeError as error:
            raise self._refusal(f"has no way back from its outputs: {said(error)}") from error

    def _run(self, x: torch.Tensor, learning: bool) -> torch.Tensor:
        self.model.train(learning)
        # A module that draws while it is measured draws the same every time.
        with self.draws.going_on() if learning else seeded(0, self.draws.device):
            return self._call(x)

    def _call(self, x: torch.Tensor) -> torch.Tensor:
        try:
            outputs = self.model(x)
        except InputError:
            raise
        except Exception as error:
            where = f"a mini-batch of {len(x)}" if self.model.training else f"{len(x)} samples"
            raise self._refusal(f"raised an error for {where} of shape {tuple(x.shape[1:])}: {said(error)}") from error
        if not isinstance(outputs, torch.Tensor) or outputs.shape != (len(x), self.n_groups):
            shape = tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else type(outputs).__name__
            raise self._refusal(
                f"gives {shape} for {len(x)} samples, and (samples, n_outputs) = {(len(x), self.n_groups)} is asked for"
            )
        return outputs

    def _observe(self, layer: str, submodule: torch.nn.Module, given: Any, output: Any) -> None:
        """Keep what a submodule gave out, the last time in a pass, as (1, units, samples)."""
        if not self._observing:
            return
        if not isinstance(output, torch.Tensor) or output.ndim < 2:
            raise self._refusal(f"has a submodule {layer!r} that gives no tensor (samples, ...), and is in `layers`")
        # An activation in place may write over it next.
        maps = output.detach().clone().flatten(2) if output.ndim > 2 else output.detach().clone().unsqueeze(2)
        self._observed[layer] = representation(maps.mT.unsqueeze(0), self.maps)

    def _try(self, x: torch.Tensor) -> None:
        """Raise :class:`InputError` unless the module serves for the data."""
        with torch.no_grad():
            self._run(x, learning=False)
        if unused := [layer for layer in self.layers if layer not in self._observed]:
            raise self._refusal(f"never calls its submodule {unused[0]!r}, which is in `layers`")

    def _otherwise_in_training(self, x: torch.Tensor) -> str | None:
        """What of the module behaves otherwise in training, if anything does; its state stays as it was."""
        found = [type(each).__name__ for each in self.model.modules() if isinstance(each, OTHERWISE_IN_TRAINING)]
        if found:
            return found[0]
        self._observing = False
        before = [buffer.clone() for buffer in self.model.buffers()]
        with torch.no_grad(), seeded(0, self.draws.device):
            self.model.eval()
            measured = self._call(x)
            self.model.train()
            learned = self._call(x)
            for buffer, value in zip(self.model.buffers(), before, strict=True):
                buffer.copy_(value)
        return None if torch.allclose(measured, learned, equal_nan=True) else "its `forward`"

    def _given_out(self, x: torch.Tensor) -> int:
        count = 0

        def add(submodule: torch.nn.Module, given: Any, output: Any) -> None:
            nonlocal count
            count += output.numel() if isinstance(output, torch.Tensor) else 0

        self._observing = False
        hooks = [each.register_forward_hook(add) for each in self.model.modules() if not [*each.children()]]
        with torch.no_grad():
            self._run(x, learning=False)
        for hook in hooks:
            hook.remove()
        return max(1, count)

    def _refusal(self, what: str) -> InputError:
        return InputError(f"`file` {self.network.file}: the module {what}")


def made(network: Network, input_shape: tuple[int, ...], n_outputs: int) -> torch.nn.Module:
    """What the function ``build`` of the network's ``file`` returns.

    Raises :class:`InputError` that names the key for a file that is gone or another than planned, that raises, that has
    no such function, or whose function raises or returns something else.
    """
    where, namespace = f"`file` {network.file}", executed(network)
    build = getattr(namespace, network.build, None)
    if not callable(build):
        functions = [name for name, value in vars(namespace).items() if callable(value) and not name.startswith("_")]
        raise InputError(
            f"{where}: has no function {network.build!r} (`build`); it has {', '.join(functions) or 'none'}"
        )
    try:
        model = build(input_shape, n_outputs)
    except Exception as error:
        raise InputError(f"{where}: {network.build}({input_shape}, {n_outputs}) raised {said(error)}") from error
    if not isinstance(model, torch.nn.Module):
        raise InputError(
            f"{where}: {network.build}(input_shape, n_outputs) returns {type(model).__name__}, not a torch.nn.Module"
        )
    return model


def executed(network: Network) -> ModuleType:
    """The network's file, run as a module. What is run is what was hashed."""
    where = f"`file` {network.file}"
    try:
        source = Path(network.file).read_bytes()
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror} (is the path right?)") from error
    content = hashlib.sha256(source).hexdigest()
    if network.content not in (None, content):
        raise InputError(f"{where}: is not what it was when the study was planned; run the same command again")
    namespace = ModuleType(f"network_{content[:16]}")
    namespace.__file__ = network.file
    # Where dataclasses and pickles of the file look for it.
    sys.modules[namespace.__name__] = namespace
    try:
        exec(compile(source, network.file, "exec"), vars(namespace))
    except Exception as error:
        raise InputError(f"{where}: raised {said(error)}") from error
    return namespace


def said(error: Exception) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
