"""The benchmark times equal work: its peer measures what the engine does, and a row says what was timed."""

import importlib.util
import re
import time

import numpy as np
import pytest
import torch

from workflow.stragglers.benchmarks import engine as benchmark
from workflow.stragglers.benchmarks.engine import Case
from workflow.stragglers.spec.specification import Network, Optimizer
from workflow.stragglers.training.dense import Dense, initial_parameters
from workflow.stragglers.training.engine import Data

TINY = Case("tiny", runs=2, n_samples=64, shape=(5,), epochs=2, repeats=2, peer=True)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(benchmark, "N_TEST", 50)
    monkeypatch.setattr(benchmark, "ALONE", 3)


# Not every processor multiplies in it.
BFLOAT16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()


def timings(measured):
    return {name: value for name, value in measured.items() if re.search("seconds|speedup|fraction", name)}


def left_out(times):
    return {name for name, value in times.items() if np.isnan(value)}


# The first of the file: a row's processes are forked, which a process that has used JAX cannot be.
def test_a_row_holds_clock_and_core_times_and_leaves_out_a_peer_that_is_not_there(short, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    times = timings(benchmark.benchmark([TINY], "cpu", threads=1).iloc[0])
    by_clock = {name for name in times if not name.startswith("core_")}
    assert by_clock and set(times) - by_clock == {f"core_{name}" for name in by_clock}
    assert left_out(times) == {name for name in times if "jax" in name or "bfloat16" in name and not BFLOAT16}


def test_convolutional_networks_are_timed_beside_their_own_baseline(short):
    case = Case("tiny", 2, Network(kind="convolutional"), n_samples=64, shape=(8, 8), epochs=1, repeats=1)
    times = timings(benchmark.measure(case, "cpu", 1, time.process_time))
    # Neither a peer nor a bound is known of them.
    assert left_out(times) == {name for name in times if re.search("jax|products|bound", name)}


def test_the_peer_is_timed_beside_the_engine(short):
    pytest.importorskip("jax")
    times = timings(benchmark.measure(TINY, "cpu", 1, time.process_time))
    assert left_out(times) == {name for name in times if "bfloat16" in name and not BFLOAT16}


def test_the_peer_measures_what_the_engine_does(small, measure):
    jax = pytest.importorskip("jax")
    from workflow.stragglers.benchmarks import peer

    network, seeds, epochs = Network(width=6), [0, 1, 2], 30
    engine = measure(small, network, Optimizer(settings={"lr": 0.2}), seeds, epochs)
    data = Data.of(small, Dense.view(small), "float64", torch.device("cpu"))
    parameters = [p.double() for p in initial_parameters(network, len(data.varying), data.varying, seeds, 2)]
    with jax.enable_x64(True):
        measured = peer.train(*peer.inputs(parameters, data), 0.2, epochs + 1, test_every=10)
    # Of its one layer.
    measured |= {name: measured[name][:, :, None] for name in ("gram", "zeros")}
    for name in engine.states[0]:
        np.testing.assert_allclose(measured[name], engine[name], rtol=1e-9, atol=1e-12, err_msg=name)
    expected = [engine.test_error[epoch] if epoch % 10 == 0 else [np.nan] * 3 for epoch in range(epochs + 1)]
    np.testing.assert_allclose(measured["test_error"], expected)
