"""How fast the ensemble trains, beside a plain baseline and beside the bare matrix products.

All three are timed in one process, in turn, and compared as medians. Data are synthetic in the
shapes of the first 8192 MNIST images: speed does not depend on the pixels.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import torch

from .datasets import Dataset
from .networks import rows_product
from .specification import Network, Optimizer, Protocol
from .training import Data, pick_device, train

N_TEST = 10_000


@dataclass(frozen=True)
class Case:
    """One line of the benchmark. ``epochs`` and ``repeats`` are chosen so that it lasts seconds."""

    name: str
    runs: int = 20
    network: Network = Network()
    optimizer: Optimizer = field(default_factory=lambda: Optimizer(settings={"lr": 0.2}))
    test_every: int = 1
    n_samples: int = 8192
    n_features: int = 669
    epochs: int = 10
    repeats: int = 5


CASES = (
    Case("reference, same work"),
    Case("reference, as logged by default", test_every=10),
    Case("60 runs", runs=60, test_every=10),
    Case("200 runs", runs=200, test_every=10, repeats=3),
    Case("depth 3", network=Network(depth=3)),
    Case("momentum", optimizer=Optimizer(settings={"lr": 0.02, "momentum": 0.9})),
    Case("Adam", optimizer=Optimizer("Adam", settings={"lr": 0.001})),
    Case("mini-batches of 512", optimizer=Optimizer(batch_size=512, settings={"lr": 0.01})),
)


def synthetic(n_samples: int, n_features: int) -> Dataset:
    """Random pixels and labels."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n_samples + N_TEST, n_features), dtype=np.uint8)
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


def one_run_at_a_time(data: Data, network: Network, optimizer: Optimizer, epochs: int, seed: int = 0) -> None:
    """The baseline: one network, autograd, a pass for each thing measured, as one would write it.

    Every epoch: gradient step(s), training error and misclassified set, test error, and the class
    centres, radii and distance.
    """
    torch.manual_seed(seed)
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "linear": torch.nn.Identity}[network.activation]
    x, x_test = data.x[:, :-1].contiguous(), data.x_test[:, :-1].contiguous()
    widths = [x.shape[1]] + [network.width] * (network.depth - 1)
    layers = [
        layer
        for n_in, n_out in zip(widths, widths[1:], strict=False)
        for layer in (torch.nn.Linear(n_in, n_out), activation())
    ]
    hidden = torch.nn.Sequential(*layers).to(x)
    model = torch.nn.Sequential(hidden, torch.nn.Linear(network.width, 2)).to(x)
    step = getattr(torch.optim, optimizer.algorithm)(model.parameters(), **optimizer.settings)
    loss_of = torch.nn.CrossEntropyLoss()
    for _ in range(epochs):
        order = torch.randperm(len(x), device=x.device)
        for rows in order.split(optimizer.batch_size) if optimizer.batch_size else [slice(None)]:
            step.zero_grad()
            loss_of(model(x[rows]), data.y[rows]).backward()
            step.step()
        with torch.no_grad():
            misclassified = model(x).argmax(1) != data.y
            misclassified.float().mean().item()
            (model(x_test).argmax(1) != data.y_test).float().mean().item()
            h = torch.nn.functional.normalize(hidden(x))
            centres = [h[data.y == label].mean(0) for label in (0, 1)]
            [(h[data.y == label] - centres[label]).square().sum(1).mean().sqrt().item() for label in (0, 1)]
            (centres[1] - centres[0]).norm().item()


def matrix_products(data: Data, case: Case) -> Callable[[], None]:
    """The products that no implementation can avoid, for one epoch of all runs, as fast as found.

    Forward and gradient of the first layer on the training points, forward on the test points in
    the epochs that measure it, and with mini-batches a forward pass for measuring beside. The
    fastest of three libraries (torch's own choice, oneDNN, numpy's), each in one piece and in
    blocks of samples.
    """
    units = case.runs * case.network.width
    w = torch.randn(units, data.x.shape[1], dtype=data.x.dtype, device=data.x.device)
    h = torch.randn(units, len(data.x), dtype=data.x.dtype, device=data.x.device)
    measuring_passes = 2 if case.optimizer.batch_size else 1
    tested = data.x_test[: round(len(data.x_test) / case.test_every)]
    forward = [data.x] * measuring_passes + [tested]

    def epoch(product: Callable[[torch.Tensor, torch.Tensor], Any], block: int) -> None:
        for x in forward:
            for rows in x.split(block):
                product(w, rows)
        for columns, rows in zip(h.split(block, dim=1), data.x.split(block), strict=True):
            product(columns, rows.T)

    libraries = [lambda a, b: a @ b.T, rows_product]
    if data.x.device.type == "cpu":
        libraries.append(lambda a, b: a.numpy() @ b.numpy().T)
    candidates = [partial(epoch, product, block) for product in libraries for block in (1024, 4096, len(data.x))]
    return min(candidates, key=lambda candidate: min(seconds(candidate) for _ in range(2)))


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure(case: Case, device: str, threads: int) -> dict[str, Any]:
    """A row of the benchmark: medians of interleaved repeats, in a process of its own.

    An ensemble's set-up is not counted: its time is the difference of a long and a short training.
    """
    torch.set_num_threads(threads)
    place = pick_device(device)
    dataset = synthetic(case.n_samples, case.n_features)
    protocol = Protocol(epochs=case.epochs, test_every=case.test_every)
    data = Data.from_dataset(dataset, protocol.dtype, place)
    runs = pd.DataFrame({"seed": range(case.runs)})
    products = matrix_products(data, case)

    def ensemble(epochs: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            shorter = Protocol(epochs=epochs, test_every=case.test_every)
            return seconds(lambda: train(dataset, case.network, case.optimizer, shorter, runs, folder, device=device))

    times: dict[str, list[float]] = {"ensemble": [], "baseline": [], "products": []}
    for repeat in range(case.repeats + 1):
        short, long = ensemble(case.test_every), ensemble(case.test_every + case.epochs)
        plain = seconds(lambda: one_run_at_a_time(data, case.network, case.optimizer, case.epochs))
        bare = seconds(products)
        if repeat:  # the first is a warm-up
            times["ensemble"].append((long - short) / case.epochs / case.runs)
            times["baseline"].append(plain / case.epochs)
            times["products"].append(bare / case.runs)
    median = {name: float(np.median(values)) for name, values in times.items()}
    if place.type == "cuda":
        peak = torch.cuda.max_memory_allocated()
    else:  # kB on Linux, bytes on macOS
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "case": case.name,
        "device": torch.cuda.get_device_name() if place.type == "cuda" else f"CPU, {threads} threads",
        "dtype": protocol.dtype,
        "n_samples": case.n_samples,
        "n_features": case.n_features,
        "width": case.network.width,
        "depth": case.network.depth,
        "runs": case.runs,
        "test_every": case.test_every,
        "epochs": case.epochs,
        "repeats": case.repeats,
        "seconds_per_run_epoch": median["ensemble"],
        "baseline_seconds_per_run_epoch": median["baseline"],
        "speedup": median["baseline"] / median["ensemble"],
        "matrix_bound_fraction": median["products"] / median["ensemble"],
        "peak_memory_gb": peak / 1e9,
    }


def benchmark(cases: Sequence[Case], device: str, threads: int) -> pd.DataFrame:
    """One row a case, each measured in a fresh process so that its peak memory is its own."""
    rows = []
    for case in cases:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows.append(process.submit(measure, case, device, threads).result())
    return pd.DataFrame(rows)
