"""What each job takes: seconds, memory and disk that grow with its own work, and what to ask of a cluster for them.

The factors are measured: ``python -m workflow.cost`` sets them beside the benchmark files that jobs leave.
"""

from dataclasses import dataclass
from math import ceil

from ..spec.specification import AblationPlan, Network, Optimizer, Protocol
from .sizes import Size, n_parameters, n_products

MB, GB = 1e6, 1e9
FLOPS_CORE, FLOPS_GPU = 80e9, 2e12
"""Operations a second in training: of a core with AVX-512, small networks on digits (large ones on MNIST make 150e9);
of a GPU, where a graph of few runs waits for its own steps."""
STEP = 1e-3
"""Seconds of a mini-batch beside its operations."""
IMPORTS, IMPORTS_TORCH, IMPORTS_GPU = 300 * MB, 800 * MB, 1500 * MB
"""Memory of a process that has done nothing yet."""
ROW = 500
"""Bytes of a table's row in memory, its texts and a second copy counted."""
CROSS_FITS = 40
"""How much longer linear classifiers take where parts of the points are left out in turn."""
STARTING = 120
"""Seconds that Snakemake and Python with its imports may take to start, from a network disk."""
RUNTIME_MARGIN, MEMORY_MARGIN = 4, 1.5
"""A job asks for more than it is thought to take: an older processor, neighbours that use its memory."""


@dataclass(frozen=True)
class Need:
    """What a job is thought to take."""

    seconds: float
    """On one core of today, or on a GPU; without its start."""
    memory: float
    """Bytes at its peak."""
    disk: float = 0
    """Bytes that it leaves."""


def mem_mb(need: Need, attempt: int = 1) -> int:
    """Megabytes to ask for, in steps of 100; twice as many with each further attempt."""
    return 100 * ceil(MEMORY_MARGIN * need.memory / MB / 100) * 2 ** (attempt - 1)


def runtime(need: Need, threads: int = 1, attempt: int = 1) -> int:
    """Minutes to ask for; twice as many with each further attempt."""
    return ceil((STARTING + RUNTIME_MARGIN * need.seconds / threads) / 60) * 2 ** (attempt - 1)


def n_retrainings(plan: AblationPlan | None, protocol: Protocol) -> int:
    """How often an ablation trains each run again, at most; 1 without a plan."""
    if plan is None:
        return 1
    consensus = plan.consensus_from is not None
    return 2 + 2 * plan.random_draws + min(plan.grid, protocol.epochs) + len(plan.fractions) + consensus


def training(
    size: Size, network: Network, optimizer: Optimizer, protocol: Protocol, n_runs: int, n_groups: int, on_gpu: bool
) -> Need:
    """Of ``n_runs`` that train side by side. Three products a layer and point: forward, to the weights, to what came
    before.
    """
    per_sample = 2 * n_products(network, size) * n_runs
    tested = protocol.epochs / protocol.test_every * size.n_test
    operations = per_sample * (3 * protocol.epochs * size.n_train + tested)
    if optimizer.batch_size:
        # Each epoch is measured in a pass of its own.
        operations += per_sample * protocol.epochs * size.n_train
    steps = protocol.epochs * (ceil(size.n_train / optimizer.batch_size) if optimizer.batch_size else 1)
    bytes_of_number = 8 if protocol.dtype == "float64" else 4
    # Parameters, gradients and two moments; the points as they are and standardised, and how each run weighs them.
    numbers = n_runs * (4 * n_parameters(network, size) + size.n_train) + 2 * size.n_values
    return Need(
        seconds=operations / (FLOPS_GPU if on_gpu else FLOPS_CORE) + steps * STEP,
        memory=(IMPORTS_GPU if on_gpu else IMPORTS_TORCH) + numbers * bytes_of_number,
        disk=trajectory(size, network, protocol, n_runs, n_groups),
    )


def trajectory(size: Size, network: Network, protocol: Protocol, n_runs: int, n_groups: int) -> float:
    """Bytes on disk of what a training leaves."""
    epochs, n_layers = protocol.epochs + 1, len(network.hidden_layers)
    sets = epochs if protocol.sets == "every" else min(epochs, 100)
    scalars = 4 * epochs * (3 + n_layers * n_groups) + 8 * epochs * n_layers * n_groups**2
    margins = 50 * 4 * 4 * size.n_train if protocol.margins else 0
    return n_runs * (scalars + sets * ceil(size.n_train / 8) + margins)


def preparing(size: Size, whole: Size) -> Need:
    """Of a dataset: its source is read ``whole``, in bytes and as numbers."""
    return Need(seconds=5 + whole.n_values / 20e6, memory=IMPORTS_TORCH + 6 * whole.n_values, disk=size.n_values)


def observing(network: Network, protocol: Protocol, n_runs: int, n_groups: int) -> Need:
    """Of the tables of a trajectory's observables, or its inversions."""
    curves = n_runs * len(network.hidden_layers) * (protocol.epochs + 1)
    pairs = n_groups * (n_groups + 1) / 2
    rows = curves * (1 + pairs / 10)
    return Need(seconds=1 + 20e-6 * rows, memory=IMPORTS + ROW * rows, disk=80 * rows)


def comparing(size: Size, protocol: Protocol, n_runs: int) -> Need:
    """Of the sets of a cell's runs, state by state, all pairs of them."""
    states = protocol.epochs + 40
    products = states * n_runs**2 * size.n_train
    memory = IMPORTS + n_runs * (16 * size.n_train + 100 * states) + 60 * n_runs**2 + size.n_values
    return Need(seconds=2 + products / 5e9 + states * n_runs * size.n_train / 100e6, memory=memory)


def fitting(size: Size) -> Need:
    """Of linear classifiers."""
    return Need(
        seconds=2 + size.n_train * size.n_pixels * (size.n_pixels + 1000) / 5e9,
        memory=IMPORTS + 20 * size.n_points * size.n_pixels + 80 * size.n_pixels**2,
    )


def cross_fitting(size: Size) -> Need:
    """Of linear classifiers that are fitted anew for every part of the points."""
    once = fitting(size)
    return Need(seconds=CROSS_FITS * once.seconds, memory=once.memory)


def summing_up(n_rows: float) -> Need:
    """Of a table or figure for which so many rows of others are read."""
    return Need(seconds=5 + 5e-6 * n_rows, memory=IMPORTS + ROW * n_rows)
