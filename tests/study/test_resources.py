from dataclasses import replace

import pytest
import torch

from workflow.stragglers.spec.specification import AblationPlan, Dataset, Network, Optimizer, Protocol, Stage, planting
from workflow.stragglers.study import resources
from workflow.stragglers.study.needs import Needs
from workflow.stragglers.study.resources import Need, mem_mb, n_retrainings, runtime
from workflow.stragglers.study.sizes import SOURCES, Size, n_parameters, n_products, size_of
from workflow.stragglers.study.study import Cell, Study
from workflow.stragglers.training.kinds import KINDS

SIZE, PROTOCOL = Size(1000, 200, 100), Protocol(100)
BATCHES = Optimizer(batch_size=50, settings={"lr": 0.1})


def needs(size=SIZE, network=None, optimizer=None, protocol=PROTOCOL, n_runs=10, n_groups=2, on_gpu=False):
    return resources.training(size, network or Network(), optimizer or Optimizer(), protocol, n_runs, n_groups, on_gpu)


@pytest.mark.parametrize(
    "more",
    [
        {"n_runs": 20},
        {"protocol": Protocol(200)},
        {"size": replace(SIZE, n_train=2000)},
        {"network": Network(width=40)},
        {"network": Network(depth=4)},
    ],
)
def test_a_training_takes_more_with_more_of_anything(more):
    before, after = needs(), needs(**more)
    assert after.seconds > before.seconds and after.disk >= before.disk
    assert after.memory > before.memory or "protocol" in more
    assert after.disk > before.disk or "network" in more


def test_batches_take_more_time_and_a_gpu_less():
    size = replace(SIZE, n_train=100_000)
    assert needs(size, optimizer=BATCHES).seconds > needs(size).seconds > needs(size, on_gpu=True).seconds


def test_a_job_asks_for_more_than_it_takes_and_twice_as_much_each_time():
    need = Need(seconds=600, memory=2.01e9)
    assert mem_mb(need) == 3100 and 60 * runtime(need) > 4 * 600
    assert [mem_mb(need, attempt) for attempt in (1, 2, 3)] == [3100, 6200, 12400]
    assert [runtime(need, 1, attempt) for attempt in (1, 2, 3)] == [42, 84, 168]
    assert runtime(need, threads=4) < runtime(need)
    assert type(mem_mb(need)) is int and type(runtime(need)) is int


@pytest.mark.parametrize("protocol", [Protocol(30), Protocol(30, margins=True)])
@pytest.mark.parametrize("network", [Network(), Network(depth=3)])
def test_the_disk_is_that_of_a_real_training(trained, small, network, protocol):
    trajectory = trained(small, network, seeds=range(6), epochs=protocol.epochs, margins=protocol.margins)
    left = sum((trajectory.folder / name).stat().st_size for name in ("scalars.npz", "gram.npy", "misclassified.npy"))
    if protocol.margins:
        left += (trajectory.folder / "margins.npy").stat().st_size
    expected = resources.trajectory(Size(103, 41, 12), network, protocol, 6, 2)
    # Headers, and for few epochs fewer margins than there may be.
    assert 0.8 * left - 5000 < expected < (4 if protocol.margins else 1.3) * left


@pytest.mark.parametrize(
    "network",
    [
        Network(width=7, depth=3),
        Network(kind="convolutional", stages=(Stage(4, 3, 1, 2), Stage(6, 3, 2, 1)), width=5),
    ],
)
def test_the_weights_are_those_of_a_real_network(network):
    from conftest import synthetic

    from workflow.stragglers.training.ensemble import Data

    dataset = synthetic(shape=(8, 8))
    engine = KINDS[network.kind]
    data = Data.of(dataset, engine.view(dataset), "float32", torch.device("cpu"))
    made = sum(p.numel() for p in engine(network, data, [0]).parameters)
    counted = n_parameters(network, Size(103, 41, 64))
    assert 0.9 * made < counted <= made


def test_a_convolution_multiplies_at_every_position():
    network = Network(kind="convolutional", stages=(Stage(4, 3, 1),), width=5)
    weights = 9 * 4, 64 * 4 * 5, 5 * 2
    assert n_products(network, Size(1, 1, 64)) == 64 * weights[0] + weights[1] + weights[2]


def test_of_a_module_nothing_is_known_but_that_it_multiplies():
    module = Network(kind="module", file="any.py", layers=("0",))
    assert n_parameters(module, SIZE) == 0 and n_products(module, SIZE) > 0


def test_sizes_come_from_the_configuration_alone(tmp_path):
    assert size_of(Dataset("MNIST", subset={"first": 8192}), "nowhere") == replace(SOURCES["MNIST"], n_train=8192)
    assert size_of(Dataset("digits", subset={"first": 8192}), "nowhere") == SOURCES["digits"]
    planted = Dataset("planted", planted=planting({"n_train": 10, "n_features": 3}))
    assert size_of(planted, "nowhere") == Size(10, 4096, 3)
    (tmp_path / "pictures/cats").mkdir(parents=True)
    (tmp_path / "pictures/cats/1.png").write_bytes(bytes(10**6))
    for file in ("pictures", "pictures/cats/1.png"):
        assert size_of(Dataset("folder", file=file), str(tmp_path)).n_values == pytest.approx(4e6, rel=0.01)
    assert size_of(Dataset("npz", file="gone.npz"), str(tmp_path)).n_values > 0


def test_retrainings_are_counted():
    plan = AblationPlan(random_draws=2, grid=5, fractions=(0.5,), consensus_from={"seeds": "0-9"})
    # Nothing, the stragglers, two draws of two kinds, five states, half of them, the consensus.
    assert n_retrainings(plan, PROTOCOL) == 1 + 1 + 2 * 2 + 5 + 1 + 1
    assert n_retrainings(None, PROTOCOL) == 1 and n_retrainings(plan, Protocol(3)) == 11


def test_all_runs_of_a_study_are_counted(config):
    study = Study(config)
    jobs = [rule for rule, _, _ in Needs(study).jobs()]
    assert {rule: jobs.count(rule) for rule in jobs} == {
        **{"prepare": 1, "linear": 1, "train": 3, "observables": 4, "inversion": 4},
        **{"stragglers": 3, "conservation": 3, "ablate": 1, "predictions": 1},
    }


def test_an_ablation_takes_what_its_retrainings_take(config):
    needs = Needs(Study(config))
    cell = Cell("digits", "reference", "gd")
    once, again = needs.training(cell, "0-2"), needs.training(cell, "0-2", ablated=True)
    assert again.disk == pytest.approx(once.disk * (2 + 2 * 3 + 3))


def test_a_task_takes_what_its_classifiers_and_its_sets_take(config):
    needs = Needs(Study(config))
    cell = Cell("digits", "reference", "gd")
    task = needs.characterising(cell)
    assert task.memory > max(resources.fitting(needs.size("digits")).memory, needs.comparing(cell).memory)
    assert task.seconds > needs.comparing(cell).seconds


def test_only_a_study_on_gpus_takes_less_time_for_them(config):
    config["training"]["device"] = "cuda"
    assert Needs(Study(config)).on_gpu
    config["training"]["device"] = "auto"
    assert not Needs(Study(config)).on_gpu
