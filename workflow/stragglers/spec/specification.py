"""What a run is: dataset, network, optimiser and protocol as plain values.

Each has a canonical form that drops defaults and key order, so that two configurations mean the
same run exactly if their canonical forms are equal. Importable without torch, so that a whole
study can be checked and planned quickly.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..support.errors import InputError

ALGORITHMS: dict[str, frozenset[str]] = {
    "SGD": frozenset({"lr", "momentum", "nesterov", "dampening", "weight_decay"}),
    "Adam": frozenset({"lr", "betas", "eps", "amsgrad", "weight_decay"}),
    "AdamW": frozenset({"lr", "betas", "eps", "amsgrad", "weight_decay"}),
    "NAdam": frozenset({"lr", "betas", "eps", "weight_decay", "momentum_decay"}),
    "RMSprop": frozenset({"lr", "alpha", "eps", "momentum", "centered", "weight_decay"}),
    "Adagrad": frozenset({"lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"}),
}
"""Classes of ``torch.optim`` and the settings passed on to each.

Only optimisers that update element by element may join: in an ensemble, runs must not mix.
"""

PLANTED: dict[str, Any] = {
    "kind": "flips",
    "mu": 2.0,
    "q": 0.1,
    "cue": 1.0,
    "n_features": 50,
    "n_train": 4096,
    "n_test": 4096,
    "seed": 0,
}
"""Options of the source ``planted`` and their defaults; :mod:`.synthetic` says what they mean."""


def planting(entry: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a planted dataset, given some: equal exactly if the data are."""
    options = {name: type(default)(entry.get(name, default)) for name, default in PLANTED.items()}
    # Flips have nothing to tell them by.
    return options | {"cue": 0.0} if options["kind"] == "flips" else options


@dataclass(frozen=True)
class Dataset:
    """One entry of the config's ``datasets``; ``content`` is the hash of a user's own file.

    ``planted``: the options of a planted dataset, all of them (:func:`planting`).
    """

    source: str
    file: str | None = None
    task: str | Mapping[str, Any] = "parity"
    subset: Mapping[str, int] | None = None
    content: str | None = None
    planted: Mapping[str, Any] | None = None

    @property
    def source_name(self) -> str:
        """What the tables' ``source`` column says; of planted data, the law and which draw of it."""
        if self.planted:
            law = "mu={mu:g} q={q:g} cue={cue:g} d={n_features} P={n_train} seed={seed}".format_map(self.planted)
            return f"planted:{self.planted['kind']} {law}"
        return f"{self.source}:{self.file}" if self.file else self.source

    @property
    def least_groups(self) -> int:
        """How many groups it has at least, as far as can be told without the data."""
        match self.task:
            case {"groups": groups}:
                return len(groups)
            case "classes" if self.source not in ("npz", "planted"):
                return 10
            case _:
                return 2

    @property
    def of_many_groups(self) -> bool:
        """Whether it may have more than two groups, as far as can be told without the data."""
        return self.task == "classes" or self.least_groups > 2

    @property
    def task_name(self) -> str:
        """What the tables' ``task`` column says."""
        match self.task:
            case {"pair": [a, b]}:
                return f"{a} against {b}"
            case {"one_vs_rest": c}:
                return f"{c} against the rest"
            case {"groups": groups}:
                return " against ".join("+".join(map(str, group)) for group in groups)
            case _:
                return str(self.task)

    @property
    def subset_name(self) -> str:
        """What the tables' ``subset`` column says."""
        match self.subset:
            case {"first": size}:
                return f"first {size}"
            case {"block": block, "size": size}:
                return f"block {block} of {size}"
            case {"random": size, "seed": seed}:
                return f"random {size}, seed {seed}"
            case _:
                return "all"


class Stage(NamedTuple):
    """A convolution with ``kernel // 2`` zeros around the image, its activation, then maxima of pixels."""

    channels: int
    kernel: int = 5
    stride: int = 2
    pool: int = 1
    """Side of the square of pixels of which the maximum is taken."""


KEYS: dict[str, frozenset[str]] = {
    "dense": frozenset({"width", "depth", "activation", "scale"}),
    "convolutional": frozenset({"stages", "width", "depth", "activation", "maps"}),
    "module": frozenset({"file", "build", "layers", "maps"}),
}
"""What the entry of a network may say beside its kind."""


@dataclass(frozen=True)
class Network:
    """Architecture of a ``kind``, each with the :data:`KEYS` that mean something for it.

    Dense: ``depth`` weight layers, ``depth - 1`` hidden ones of ``width`` units each, whose initial weights are torch's
    times ``scale``. Convolutional: ``stages``, and
    these after them. Module: what the function ``build`` of ``file`` returns, whose submodules ``layers`` are observed;
    ``content`` is the file's hash. ``maps``: how a feature map becomes one vector.
    """

    width: int = 20
    depth: int = 2
    activation: str = "tanh"
    kind: str = "dense"
    scale: float = 1.0
    stages: tuple[Stage, ...] = (Stage(8), Stage(16))
    maps: str = "flattened"
    file: str | None = None
    build: str = "make"
    layers: tuple[str, ...] = ()
    content: str | None = None

    def __post_init__(self):
        # From a config they are mappings and lists, from the canonical form lists.
        stages = (Stage(**stage) if isinstance(stage, Mapping) else Stage(*stage) for stage in self.stages)
        object.__setattr__(self, "stages", tuple(stages))
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "scale", float(self.scale))

    @classmethod
    def from_config(cls, name: str, entry: Mapping[str, Any]) -> "Network":
        """Raises :class:`InputError` for a key that the kind does not have, or one that it needs and is not there."""
        kind = entry.get("kind", cls.kind)
        if unknown := sorted(set(entry) - KEYS[kind] - {"kind"}):
            raise InputError(
                f"networks.{name}.{unknown[0]}: a {kind} network has no such key; it takes "
                f"{', '.join(sorted(KEYS[kind]))}"
            )
        if kind == "module" and (missing := [key for key in ("file", "layers") if not entry.get(key)]):
            what = {"file": "the file that makes the module", "layers": "names of the submodules to observe"}
            raise InputError(f"networks.{name}.{missing[0]}: a module needs it; give {what[missing[0]]}")
        return cls(**entry)

    @property
    def hidden_layers(self) -> range:
        """Numbers of the hidden layers, counted from 1 as in the tables' ``layer`` column."""
        before = {"dense": 0, "convolutional": len(self.stages)}
        return range(1, len(self.layers) + 1 if self.kind == "module" else before[self.kind] + self.depth)


@dataclass(frozen=True)
class Optimizer:
    """One entry of the config's ``optimizers``; ``settings`` go to ``torch.optim.<algorithm>``.

    Without ``batch_size`` every step sees all points. Mini-batches come in an order drawn from
    ``batch_seed``, the same for all runs.
    """

    algorithm: str = "SGD"
    batch_size: int | None = None
    batch_seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_config(cls, name: str, entry: Mapping[str, Any]) -> "Optimizer":
        """Raises :class:`InputError` for a setting that the algorithm does not have."""
        own = {key: entry[key] for key in ("algorithm", "batch_size", "batch_seed") if key in entry}
        # `lr: 1` means the same as `lr: 1.0`.
        settings = {
            key: float(value) if type(value) is int else value for key, value in entry.items() if key not in own
        }
        optimizer = cls(**own, settings=settings)
        known = ALGORITHMS[optimizer.algorithm]
        if unknown := sorted(set(settings) - known):
            raise InputError(
                f"optimizers.{name}.{unknown[0]}: {optimizer.algorithm} has no such setting; "
                f"it takes {', '.join(sorted(known))}"
            )
        if settings.get("nesterov") and not settings.get("momentum"):
            raise InputError(f"optimizers.{name}.nesterov: needs a `momentum` above 0")
        if settings.get("nesterov") and settings.get("dampening"):
            raise InputError(f"optimizers.{name}.dampening: must be 0 with `nesterov`")
        return optimizer


EXECUTION = ("device", "checkpoint_seconds")
"""What of the config's ``training`` block goes to a training beside its protocol, and is no part of what a run is."""


@dataclass(frozen=True)
class Protocol:
    """How every run of a study trains; the config's ``training`` block less the :data:`EXECUTION` of it.

    The test error is measured every ``test_every`` epochs and after the last. ``sets``: the
    misclassified sets of ``every`` epoch are kept, or those of a ``logarithmic`` grid of epochs. ``margins``: whether
    those of every point are kept, too.
    """

    epochs: int
    test_every: int = 10
    dtype: str = "float32"
    sets: str = "every"
    margins: bool = False


@dataclass(frozen=True)
class Detection:
    """Settings of the rule, from the config's ``inversion`` block.

    ``burn_in``: first epochs, which fluctuate and in which no turn may lie; its feet may. ``smoothing``: width of the
    running mean in epochs. ``prominence``: least height of the turn over both its feet, as a fraction of the curve's
    range; the foot after it is sought up to twice its epoch, where a shallow turn has not come far.
    ``noise``: the same, in standard deviations of the noise: the highest of thousands of epochs of mere noise with a
    memory of up to tens of epochs stands out by less.
    """

    burn_in: int = 2
    smoothing: int = 5
    prominence: float = 0.002
    noise: float = 12.0


@dataclass(frozen=True)
class Defining:
    """Whose inversion defines the stragglers, from the config's ``inversion`` block.

    The first hidden layer by default: on the reference data the deeper layers of deep networks
    segregate to the end. Networks with fewer layers than ``layer`` use their last.
    """

    observable: str = "D"
    layer: int = 1


@dataclass(frozen=True)
class AblationPlan:
    """What is retrained for each run: one entry of the config's ``ablations``.

    ``random_draws``: sets of random points as large as the stragglers. ``grid``: epochs,
    evenly spaced in their logarithm, whose misclassified sets S(t) are removed in turn.
    ``noise``: standard deviations of the noise on the test data. ``consensus_from``: the runs
    (``seeds``, and ``network`` or ``optimizer`` if others) whose consensus set is removed too.
    ``fractions``: of a run's stragglers, those with the highest straggler rate, removed in turn.
    ``other_seed``: whether the stragglers of the run of the next seed are removed, too.
    """

    random_draws: int = 3
    grid: int = 8
    noise: tuple[float, ...] = (1.0,)
    consensus_from: Mapping[str, str] | None = None
    fractions: tuple[float, ...] = ()
    other_seed: bool = False

    def __post_init__(self):
        # A config's list of the default values is the default, too.
        for name in ("noise", "fractions"):
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))


def parse_seeds(block: str) -> range:
    """``"0-9"`` or ``"7"``; raises :class:`InputError` for anything else."""
    match = re.fullmatch("([0-9]+)(?:-([0-9]+))?", str(block))
    seeds = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
    if not seeds:
        raise InputError(f"seeds: {block!r} is no block of seeds; write '0-9', or one number")
    return seeds
