import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.spec.canonical import address, canonical, from_canonical
from workflow.stragglers.spec.specification import (
    ALGORITHMS,
    AblationPlan,
    Dataset,
    Defining,
    Detection,
    Network,
    Optimizer,
    Protocol,
    parse_seeds,
)
from workflow.stragglers.spec.until import FIRST, UntilInversion, protocol_of
from workflow.stragglers.support.errors import InputError

tasks = st.one_of(
    st.just("parity"),
    st.builds(lambda a, b: {"pair": [a, b]}, st.integers(0, 9), st.integers(0, 9)),
    st.builds(lambda c: {"one_vs_rest": c}, st.integers(0, 9)),
)
subsets = st.one_of(
    st.none(),
    st.builds(lambda size: {"first": size}, st.integers(2, 9999)),
    st.builds(lambda size, seed: {"random": size, "seed": seed}, st.integers(2, 9999), st.integers(0, 99)),
)
datasets = st.builds(Dataset, st.sampled_from(["digits", "MNIST"]), task=tasks, subset=subsets)
networks = st.builds(
    Network, st.integers(1, 300), st.integers(2, 5), activation=st.sampled_from(["tanh", "relu", "linear"])
)
optimizers = st.builds(
    Optimizer,
    st.sampled_from(sorted(ALGORITHMS)),
    batch_size=st.none() | st.integers(1, 512),
    batch_seed=st.integers(0, 3),
    settings=st.builds(lambda lr: {"lr": lr}, st.floats(1e-6, 1)),
)
protocols = st.builds(Protocol, st.integers(1, 9999), st.integers(1, 99), st.sampled_from(["float32", "float64"]))


@given(datasets, networks, optimizers, protocols)
def test_the_canonical_form_can_be_read_back(dataset, network, optimizer, protocol):
    parts = dataset, network, optimizer, protocol
    assert from_canonical(canonical(*parts), Dataset, Network, Optimizer, Protocol) == list(parts)


@given(networks, networks, optimizers, optimizers)
def test_addresses_are_equal_only_for_equal_meaning(a, b, c, d):
    assert (address("x", a, c) == address("x", b, d)) == ((a, c) == (b, d))


def test_defaults_leave_no_trace():
    assert canonical(Network(), Defining(), Detection()) == "[{}, {}, {}]"
    assert json.loads(canonical(Network(width=7, depth=2))) == [{"width": 7}]
    assert canonical(Optimizer(batch_seed=0, settings={"lr": 0.1})) == canonical(Optimizer(settings={"lr": 0.1}))


def test_an_ablations_default_noise_leaves_no_trace():
    assert canonical(AblationPlan(noise=[1.0])) == canonical(AblationPlan(noise=[1])) == canonical(AblationPlan())
    assert canonical(AblationPlan(noise=[0.5])) != canonical(AblationPlan())


def test_the_order_of_keys_does_not_matter():
    forth = Optimizer(settings={"lr": 0.1, "momentum": 0.9})
    back = Optimizer(settings={"momentum": 0.9, "lr": 0.1})
    assert canonical(forth) == canonical(back)
    subsets = {"random": 5, "seed": 1}, {"seed": 1, "random": 5}
    assert canonical(Dataset("digits", subset=subsets[0])) == canonical(Dataset("digits", subset=subsets[1]))


def test_values_that_swap_places_change_the_meaning():
    assert canonical(Network(width=2, depth=3)) != canonical(Network(width=3, depth=2))


def test_an_integer_rate_means_the_same_as_a_decimal_one():
    assert canonical(Optimizer.from_config("gd", {"lr": 1})) == canonical(Optimizer.from_config("gd", {"lr": 1.0}))


def test_an_address_reads_as_its_name_and_a_hash():
    name, _, digest = address("wide", Network(width=80)).partition("-")
    assert name == "wide" and len(digest) == 8 and int(digest, 16) >= 0


@pytest.mark.parametrize(
    "block, seeds", [("0-9", range(10)), ("7", [7]), (7, [7]), ("3-3", [3]), ("10-12", [10, 11, 12])]
)
def test_blocks_of_seeds(block, seeds):
    assert list(parse_seeds(block)) == list(seeds)


def test_an_ablation_plan_can_be_read_back():
    plan = AblationPlan(random_draws=1, grid=0, noise=[0.5, 2], consensus_from={"seeds": "0-4"})
    assert from_canonical(canonical(plan), AblationPlan) == [plan]


@pytest.mark.parametrize("block", ["", "a", "3-", "-3", -3, "9-0", "1-2-3", "1,2", "0.5"])
def test_what_is_no_block_of_seeds_is_named(block):
    with pytest.raises(InputError, match=f"seeds: '?{block}'? is no block"):
        parse_seeds(block)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_torch_knows_every_setting_of_every_algorithm(algorithm):
    import inspect

    import torch

    assert ALGORITHMS[algorithm] <= set(inspect.signature(getattr(torch.optim, algorithm)).parameters)


def test_settings_go_to_the_algorithm_and_the_rest_stays():
    entry = {"algorithm": "Adam", "lr": 0.1, "batch_size": 8, "batch_seed": 2, "betas": [0.9, 0.99]}
    optimizer = Optimizer.from_config("adam", entry)
    assert optimizer == Optimizer("Adam", 8, 2, {"lr": 0.1, "betas": [0.9, 0.99]})


def test_a_setting_of_another_algorithm_is_named():
    with pytest.raises(InputError, match=r"optimizers.mine.momentum: Adam has no such setting; it takes amsgrad"):
        Optimizer.from_config("mine", {"algorithm": "Adam", "lr": 0.1, "momentum": 0.9})


@pytest.mark.parametrize("entry", [{"nesterov": True}, {"nesterov": True, "momentum": 0}])
def test_nesterov_needs_a_momentum(entry):
    with pytest.raises(InputError, match=r"optimizers.mine.nesterov: needs a `momentum`"):
        Optimizer.from_config("mine", {"lr": 0.1, **entry})


def test_nesterov_takes_no_dampening():
    with pytest.raises(InputError, match=r"optimizers.mine.dampening"):
        Optimizer.from_config("mine", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "dampening": 0.1})


@pytest.mark.parametrize(
    ("task", "subset", "names"),
    [
        ("parity", None, ("parity", "all")),
        ({"pair": [3, 5]}, {"first": 80}, ("3 against 5", "first 80")),
        ({"one_vs_rest": 3}, {"block": 1, "size": 80}, ("3 against the rest", "block 1 of 80")),
        ({"groups": [[0, 1], [2]]}, {"random": 80, "seed": 4}, ("0+1 against 2", "random 80, seed 4")),
    ],
)
def test_names_in_the_tables(task, subset, names):
    dataset = Dataset("npz", "a.npz", task, subset)
    assert (dataset.task_name, dataset.subset_name) == names and dataset.source_name == "npz:a.npz"


# A length that is found while training


@given(st.integers(1, 10**6), st.booleans())
def test_stages_double_up_to_the_limit_and_take_less_than_twice_as_long(epochs, margins):
    protocol = protocol_of(epochs=epochs, until="inversion", margins=margins, device="cpu")
    lengths = [stage.epochs for stage in protocol.stages]
    assert lengths[-1] == epochs and lengths[0] == min(epochs, FIRST)
    assert all(after <= 2 * before for before, after in zip(lengths[:-1], lengths[1:], strict=True))
    assert sum(lengths[:-1]) < 2 * epochs
    assert protocol.stages[-1] == Protocol(epochs, margins=margins)


@given(protocols)
def test_a_length_to_be_found_is_another_meaning_that_can_be_read_back(protocol):
    until = UntilInversion(**vars(protocol), until="inversion")
    assert canonical(until) != canonical(protocol)
    for each in (until, protocol):
        assert from_canonical(canonical(each), protocol_of) == [each]
