"""How fast the ensemble trains, beside a plain baseline, a peer in JAX and the bare matrix products.

All are timed in one process, in turn, repeatedly; a ratio is the median of the repeats' ratios, so
that a machine that is slower for a while slows both sides of each. Data are synthetic in the
shapes of the first 8192 MNIST images: speed does not depend on the pixels.

Everything is timed twice: by the clock with all threads, and in CPU time on one core. The second is what a
job of one thread costs, and other work on the machine lengthens it little.
"""

import importlib.util
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from math import prod
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import threadpoolctl
import torch

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer, Protocol
from ..training.activations import rows_product
from ..training.dense import initial_parameters
from ..training.engine import Data
from ..training.kinds import KINDS
from ..training.loop import pick_device, train
from .baseline import one_run_at_a_time

log = logging.getLogger(__name__)

N_TEST = 10_000
TRIAL_SAMPLES = 4096
ALONE = 200
"""Epochs of a run alone: it is over so soon that only many can be timed."""
PASSES = 5
"""Epochs of bare products that are timed together, at most the case's."""


@dataclass(frozen=True)
class Case:
    """One line of the benchmark. ``epochs`` and ``repeats`` are chosen so that it lasts seconds."""

    name: str
    runs: int = 20
    network: Network = Network()
    optimizer: Optimizer = field(default_factory=lambda: Optimizer(settings={"lr": 0.2}))
    test_every: int = 1
    n_samples: int = 8192
    shape: tuple[int, ...] = (669,)
    """Of a sample: features, or height and width."""
    removal: bool = False
    """Whether every run leaves out a tenth of the points, by weights of its own."""
    peer: bool = False
    """Whether JAX is timed too, if it is there: it is written for the reference network and gradient descent."""
    epochs: int = 20
    repeats: int = 5


CASES = (
    Case("reference, same work", peer=True),
    Case("reference, as logged by default", test_every=10, peer=True),
    Case("60 runs", runs=60, test_every=10),
    Case("200 runs", runs=200, test_every=10, epochs=10, repeats=3),
    Case("500 runs", runs=500, test_every=10, epochs=10, repeats=3),
    Case("depth 3", network=Network(depth=3)),
    Case("momentum", optimizer=Optimizer(settings={"lr": 0.02, "momentum": 0.9})),
    Case("Adam", optimizer=Optimizer("Adam", settings={"lr": 0.001})),
    Case("mini-batches of 512", optimizer=Optimizer(batch_size=512, settings={"lr": 0.01})),
    Case("removal sweep", runs=130, test_every=10, removal=True),
    Case("P = 60000", n_samples=60_000, test_every=10, epochs=10, repeats=3),
    Case("1000 runs, P = 60000", runs=1000, n_samples=60_000, epochs=1, repeats=1),
    Case("64 runs of width 1000", runs=64, network=Network(1000), epochs=1, repeats=1),
    Case("convolutional", runs=16, network=Network(kind="convolutional"), shape=(28, 28), epochs=2, repeats=3),
    Case("64 convolutional", runs=64, network=Network(kind="convolutional"), shape=(28, 28), epochs=1, repeats=1),
)


def synthetic(n_samples: int, shape: tuple[int, ...]) -> Dataset:
    """Random pixels and labels."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n_samples + N_TEST, *shape), dtype=np.uint8)
    classes = rng.integers(0, 10, n_samples + N_TEST).astype(np.int16)
    label = np.where(classes % 2, 1, -1).astype(np.int8)
    train_part, test_part = slice(n_samples), slice(n_samples, None)
    return Dataset(
        images_train=pixels[train_part],
        images_test=pixels[test_part],
        class_train=classes[train_part],
        class_test=classes[test_part],
        label_train=label[train_part],
        label_test=label[test_part],
        sample_id=np.arange(n_samples),
    )


def matrix_products(data: Data, case: Case, dtype: torch.dtype = torch.float32) -> Callable[[], None]:
    """The products that no dense implementation can avoid, for one epoch of all runs, as fast as found.

    Forward and gradient of the first layer on the training points, forward on the test points in
    the epochs that measure it, and with mini-batches a forward pass for measuring beside. The
    fastest of three libraries (torch's own choice, oneDNN, numpy's), in one piece or in blocks of
    samples, chosen on the first few thousand of them.
    """
    units = case.runs * case.network.width
    x, x_test = data.x.to(dtype), data.x_test.to(dtype)
    w = torch.randn(units, x.shape[1], device=x.device).to(dtype)
    h = torch.randn(units, len(x), device=x.device).to(dtype)
    measuring_passes = 2 if case.optimizer.batch_size else 1
    forward = [x] * measuring_passes + [x_test[: round(len(x_test) / case.test_every)]]

    def epoch(product: Callable[[torch.Tensor, torch.Tensor], Any], block: int, n_samples: int) -> None:
        for given in forward:
            for rows in given[:n_samples].split(block):
                product(w, rows)
        for columns, rows in zip(h[:, :n_samples].split(block, dim=1), x[:n_samples].split(block), strict=True):
            product(columns, rows.T)

    libraries = [lambda a, b: a @ b.T, rows_product]
    if x.device.type == "cpu" and dtype == torch.float32:
        libraries.append(lambda a, b: a.numpy() @ b.numpy().T)
    candidates = [partial(epoch, product, block) for product in libraries for block in (1024, 4096, len(x))]
    fastest = min(candidates, key=lambda candidate: min(seconds(partial(candidate, TRIAL_SAMPLES)) for _ in range(2)))
    return partial(fastest, len(x))


def in_jax(data: Data, case: Case) -> Callable[[], Any]:
    """The case's epochs in JAX, compiled."""
    from .peer import inputs, train

    parameters = initial_parameters(case.network, len(data.varying), data.varying, range(case.runs), data.n_groups)
    arrays = inputs(parameters, data)
    compiled = train.lower(*arrays, case.optimizer.settings["lr"], case.epochs, case.test_every).compile()
    return lambda: compiled(*arrays, case.optimizer.settings["lr"])["loss"].block_until_ready()


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start


def peak_memory(place: torch.device) -> int:
    """Bytes that this process has held at most: of the GPU, or in all."""
    if place.type == "cuda":
        return torch.cuda.max_memory_allocated()
    # kB on Linux, bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(case: Case, device: str, threads: int, clock: Callable[[], float]) -> dict[str, float]:
    """Medians of interleaved repeats, of the ratios too, in seconds of ``clock`` with so many threads.

    Beside the ensemble: the baseline, the same engine with one run alone, JAX (NaN where the case or the
    environment has none), and the bare products (NaN but for dense networks), in bfloat16, too, where the processor has
    them: what a network could gain that rounds its products. An ensemble's set-up is not counted: its
    time is the difference of a long and a short training.
    """
    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)
    place = pick_device(device)
    dataset = synthetic(case.n_samples, case.shape)
    timed = partial(seconds, clock=clock)

    def engine(n_runs: int, epochs: int) -> float:
        removed = None
        if case.removal:
            removed = np.random.default_rng(0).random((n_runs, case.n_samples)) < 0.1
        with tempfile.TemporaryDirectory() as folder:
            return timed(
                lambda: train(
                    dataset,
                    case.network,
                    case.optimizer,
                    Protocol(epochs, case.test_every),
                    pd.DataFrame({"seed": range(n_runs)}),
                    folder,
                    removed,
                    device=device,
                )
            )

    def per_run_epoch(n_runs: int, epochs: int) -> float:
        # The first and the last state are always tested: the difference holds the regular tests of `epochs` epochs.
        short, long = engine(n_runs, 1), engine(n_runs, 1 + epochs)
        return (long - short) / epochs / n_runs

    # The first of several is a warm-up. The peak is the engine's: nothing else has run by then.
    warm_up = per_run_epoch(case.runs, case.epochs)
    peak = peak_memory(place)
    data = Data.of(dataset, KINDS[case.network.kind].view(dataset), Protocol(case.epochs).dtype, place)
    passes = min(PASSES, case.epochs)
    work: dict[str, Callable[[], float]] = {
        "ensemble": lambda: per_run_epoch(case.runs, case.epochs) if case.repeats > 1 else warm_up,
        "alone": lambda: per_run_epoch(1, ALONE if case.network.kind == "dense" else case.epochs),
        "baseline": lambda: (
            timed(lambda: one_run_at_a_time(data, case.network, case.optimizer, case.epochs)) / case.epochs
        ),
        "products": lambda: np.nan,
        "bfloat16_products": lambda: np.nan,
        "jax": lambda: np.nan,
    }

    def of_products(dtype: torch.dtype) -> Callable[[], float]:
        products = matrix_products(data, case, dtype)
        return lambda: timed(lambda: [products() for _ in range(passes)]) / passes / case.runs

    if case.network.kind == "dense":
        work["products"] = of_products(torch.float32)
        if place.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported():
            work["bfloat16_products"] = of_products(torch.bfloat16)
    if case.peer and place.type == "cpu" and importlib.util.find_spec("jax"):
        jax = in_jax(data, case)
        work["jax"] = lambda: timed(jax) / case.epochs / case.runs
    times = pd.DataFrame([{name: once() for name, once in work.items()} for _ in range(case.repeats)])
    median, over_ensemble = times.median(), times.div(times["ensemble"], axis=0).median()
    return {
        "seconds_per_run_epoch": median["ensemble"],
        "baseline_seconds_per_run_epoch": median["baseline"],
        "speedup": over_ensemble["baseline"],
        "alone_seconds_per_run_epoch": median["alone"],
        "speedup_over_alone": over_ensemble["alone"],
        "jax_seconds_per_run_epoch": median["jax"],
        "speedup_over_jax": over_ensemble["jax"],
        "products_seconds_per_run_epoch": median["products"],
        "bfloat16_products_seconds_per_run_epoch": median["bfloat16_products"],
        "matrix_bound_fraction": over_ensemble["products"],
        "spread": times["ensemble"].max() / times["ensemble"].min(),
        "peak_memory_gb": peak / 1e9,
    }


def measure_on_one_core(case: Case) -> dict[str, float]:
    """The same in CPU time, this process bound to one core where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    measured = measure(case, "cpu", 1, time.process_time)
    return {f"core_{name}": value for name, value in measured.items() if name != "peak_memory_gb"}


def description(case: Case, device: str, threads: int) -> dict[str, Any]:
    """What a row is about."""
    on_gpu = pick_device(device).type == "cuda"
    cpu = f"CPU ({torch.backends.cpu.get_cpu_capability()}), {threads} threads"
    return {
        "case": case.name,
        "device": torch.cuda.get_device_name() if on_gpu else cpu,
        "dtype": Protocol(case.epochs).dtype,
        "n_samples": case.n_samples,
        "n_features": prod(case.shape),
        "width": case.network.width,
        "depth": case.network.depth,
        "runs": case.runs,
        "test_every": case.test_every,
        "epochs": case.epochs,
        "repeats": case.repeats,
    }


def benchmark(cases: Sequence[Case], device: str, threads: int) -> pd.DataFrame:
    """One row a case; columns that begin with ``core_`` hold CPU time on one core.

    Each case is measured in processes of its own so that its peak memory is its own, and its core.
    Forked, because a script that Snakemake runs cannot be imported anew; nothing computes before.
    """

    def apart(function: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
            return process.submit(function, *arguments).result()

    rows = []
    for case in cases:
        rows.append(
            apart(description, case, device, threads)
            | apart(measure, case, device, threads, time.perf_counter)
            | apart(measure_on_one_core, case)
        )
        log.info("%(case)s: %(speedup).1f times the baseline, %(matrix_bound_fraction).2f of the bound", rows[-1])
    return pd.DataFrame(rows)
