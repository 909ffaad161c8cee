import logging

import numpy as np
import pytest
import torch
from conftest import synthetic
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data.datasets import features
from workflow.stragglers.spec.specification import Network, Optimizer
from workflow.stragglers.training import dense, ensemble, progress, recorder
from workflow.stragglers.training.dense import Dense, initial_parameters
from workflow.stragglers.training.engine import Data
from workflow.stragglers.training.meters import pack_bits

GD = Optimizer(settings={"lr": 0.2})
OPTIMIZERS = {
    "gd": GD,
    "momentum": Optimizer(settings={"lr": 0.05, "momentum": 0.9}),
    "nesterov": Optimizer(settings={"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adam": Optimizer("Adam", settings={"lr": 0.01}),
    "adamw": Optimizer("AdamW", settings={"lr": 0.01, "weight_decay": 0.1}),
    "nadam": Optimizer("NAdam", settings={"lr": 0.01}),
    "rmsprop": Optimizer("RMSprop", settings={"lr": 0.002}),
    "adagrad": Optimizer("Adagrad", settings={"lr": 0.05}),
    "minibatch": Optimizer(batch_size=16, batch_seed=3, settings={"lr": 0.1}),
}
NETWORKS = {
    "reference": Network(width=6),
    "deep": Network(width=6, depth=3),
    "relu": Network(width=6, activation="relu"),
    "deep_relu": Network(width=6, depth=3, activation="relu"),
    "linear": Network(width=6, activation="linear"),
}
EPOCHS = 50
ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "linear": torch.nn.Identity}


cross_entropy = torch.nn.CrossEntropyLoss()


def group_numbers(dataset):
    """Of the training and of the test points."""
    labels = (dataset.label_train, dataset.label_test)
    return [torch.as_tensor(np.unique(label, return_inverse=True)[1]) for label in labels]


def states_of(model, x, y, kept, optimizer, state, epochs):
    """What ``state()`` says of ``model`` at first, and after each epoch on the points that are kept."""
    stepper = getattr(torch.optim, optimizer.algorithm)(model.parameters(), **optimizer.settings)
    generator = torch.Generator().manual_seed(optimizer.batch_seed)
    states = [state()]
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator) if optimizer.batch_size else torch.arange(len(x))
        for rows in order.split(optimizer.batch_size or len(x)):
            rows = rows[kept[rows]]
            stepper.zero_grad()
            cross_entropy(model(x[rows]), y[rows]).backward()
            stepper.step()
        states.append(state())
    return {name: np.stack([s[name] for s in states]) for name in states[0]}


def plain_run(dataset, network, optimizer, seed, removed=None, epochs=EPOCHS):
    """One run as anyone would write it: a Sequential, autograd, an optimiser of torch.optim.

    All features are there, the constant ones 0. Returns loss, train error, test error, scalar products of
    the groups' centres and outputs of all points, of every state from the initialisation on.
    """
    train, test, varying = features(dataset)
    x, x_test = (torch.zeros(len(data), len(varying), dtype=torch.float64) for data in (train, test))
    x[:, varying], x_test[:, varying] = torch.as_tensor(train).double(), torch.as_tensor(test).double()
    y, y_test = group_numbers(dataset)
    groups = range(int(y.max()) + 1)
    kept = torch.ones(len(x), dtype=bool) if removed is None else torch.as_tensor(~removed)

    torch.manual_seed(seed)
    layers, n_in = [], len(varying)
    for _ in range(network.depth - 1):
        layers += [torch.nn.Linear(n_in, network.width), ACTIVATIONS[network.activation]()]
        n_in = network.width
    model = torch.nn.Sequential(*layers, torch.nn.Linear(n_in, len(groups))).double()

    def state():
        with torch.no_grad():
            outputs, gram = model(x[kept]), []
            for layer in range(1, network.depth):
                unit = torch.nn.functional.normalize(model[: 2 * layer](x[kept]), eps=1e-30)
                centres = torch.stack([unit[y[kept] == group].mean(0) for group in groups])
                gram.append(centres @ centres.T)
            return {
                "loss": cross_entropy(outputs, y[kept]).item(),
                "train_error": (outputs.argmax(1) != y[kept]).double().mean().item(),
                "test_error": (model(x_test).argmax(1) != y_test).double().mean().item(),
                "gram": torch.stack(gram).numpy(),
                "outputs": model(x).numpy(),
            }

    return states_of(model, x, y, kept, optimizer, state, epochs)


def seen(dataset, dtype="float64"):
    return Data.of(dataset, Dense.view(dataset), dtype, torch.device("cpu"))


def assert_same_run(measured, run, plain, tolerance=1e-9):
    for name in ("loss", "train_error", "gram"):
        np.testing.assert_allclose(measured[name][:, run], plain[name], rtol=0, atol=tolerance, err_msg=name)
    test_error = np.stack(list(measured.test_error.values()))[:, run]
    np.testing.assert_allclose(test_error, plain["test_error"], rtol=0, atol=tolerance)


def some_removed(n_runs, n_samples):
    """A fifth of the points, others for every run."""
    return np.random.default_rng(5).random((n_runs, n_samples)) < 0.2


# Against a plain loop


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_trains_as_a_plain_loop_does(small, measure, optimizer):
    optimizer = OPTIMIZERS[optimizer]
    measured = measure(small, NETWORKS["reference"], optimizer, [4, 11])
    for run, seed in enumerate([4, 11]):
        plain = plain_run(small, NETWORKS["reference"], optimizer, seed)
        assert plain["loss"][-1] < plain["loss"][0]
        assert_same_run(measured, run, plain)


@pytest.mark.parametrize("network", NETWORKS)
def test_each_network_trains_as_a_plain_loop_does(small, measure, network):
    network = NETWORKS[network]
    measured = measure(small, network, GD, [4, 11])
    for run, seed in enumerate([4, 11]):
        assert_same_run(measured, run, plain_run(small, network, GD, seed))


@pytest.mark.parametrize("optimizer", ["gd", "minibatch"])
@pytest.mark.parametrize("network", ["reference", "deep_relu"])
def test_more_groups_than_two_train_as_a_plain_loop_does(measure, network, optimizer):
    dataset, network, optimizer = synthetic(task="classes"), NETWORKS[network], OPTIMIZERS[optimizer]
    removed = some_removed(2, len(dataset.images_train))
    measured = measure(dataset, network, optimizer, [4, 11], removed=removed)
    assert measured["gram"].shape[-2:] == (4, 4)
    for run, seed in enumerate([4, 11]):
        assert_same_run(measured, run, plain_run(dataset, network, optimizer, seed, removed[run]))


@pytest.mark.parametrize("optimizer", ["gd", "adam", "minibatch"])
@pytest.mark.parametrize("network", ["reference", "deep"])
def test_removed_points_take_no_part(small, measure, network, optimizer):
    network, optimizer = NETWORKS[network], OPTIMIZERS[optimizer]
    removed = some_removed(2, len(small.images_train))
    measured = measure(small, network, optimizer, [4, 11], removed=removed)
    for run, seed in enumerate([4, 11]):
        assert_same_run(measured, run, plain_run(small, network, optimizer, seed, removed[run]))


def test_one_seed_with_and_without_removal_share_an_ensemble(small, measure):
    removed = some_removed(2, len(small.images_train))
    removed[0] = False
    measured = measure(small, NETWORKS["reference"], GD, [4, 4], removed=removed)
    assert_same_run(measured, 0, plain_run(small, NETWORKS["reference"], GD, 4))
    assert_same_run(measured, 1, plain_run(small, NETWORKS["reference"], GD, 4, removed[1]))


def test_a_batch_without_kept_points_changes_nothing(small, measure):
    optimizer = Optimizer(batch_size=8, settings={"lr": 0.1})
    order = torch.randperm(len(small.images_train), generator=torch.Generator().manual_seed(0))
    removed = np.zeros((1, len(order)), bool)
    removed[0, order[8:]] = True
    # Only the first batch holds kept points: an epoch is one step of full-batch descent on them.
    batches = measure(small, NETWORKS["reference"], optimizer, [0], epochs=1, removed=removed)
    full = measure(small, NETWORKS["reference"], Optimizer(settings={"lr": 0.1}), [0], epochs=1, removed=removed)
    np.testing.assert_allclose(batches["loss"], full["loss"], rtol=0, atol=1e-12)


def test_the_initialisation_is_that_of_torch():
    network, varying = Network(width=3, depth=3), torch.tensor([True, False, True, True])
    first, w2, b2, w3, b3 = initial_parameters(network, 4, varying, [8, 9], 2)
    for run, seed in enumerate([8, 9]):
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(4, 3), torch.nn.Linear(3, 3), torch.nn.Linear(3, 2)]
        assert torch.equal(first[3 * run : 3 * run + 3, :-1], layers[0].weight[:, varying])
        assert torch.equal(first[3 * run : 3 * run + 3, -1], layers[0].bias)
        for layer, weight, bias in ((layers[1], w2, b2), (layers[2], w3, b3)):
            assert torch.equal(weight[run], layer.weight) and torch.equal(bias[run, :, 0], layer.bias)


# Ensembles


@pytest.mark.parametrize("optimizer", ["gd", "adam", "minibatch"])
def test_a_run_alone_equals_the_same_run_among_twenty(small, measure, optimizer):
    optimizer = OPTIMIZERS[optimizer]
    together = measure(small, NETWORKS["deep"], optimizer, range(20))
    alone = measure(small, NETWORKS["deep"], optimizer, [13])
    for name in ("loss", "train_error", "gram", "misclassified"):
        np.testing.assert_allclose(alone[name][:, 0], together[name][:, 13], rtol=0, atol=1e-10, err_msg=name)


def test_in_single_precision_a_run_alone_differs_by_rounding_only(small, measure):
    together = measure(small, NETWORKS["reference"], GD, range(20), dtype="float32")
    alone = measure(small, NETWORKS["reference"], GD, [13], dtype="float32")
    # 50 steps of about 1e-7 relative rounding each.
    np.testing.assert_allclose(alone["loss"][:, 0], together["loss"][:, 13], rtol=0, atol=1e-5)
    np.testing.assert_allclose(alone["gram"][:, 0], together["gram"][:, 13], rtol=0, atol=1e-5)


def test_the_order_of_runs_does_not_matter(small, measure):
    forth = measure(small, NETWORKS["reference"], GD, [0, 1, 2])
    back = measure(small, NETWORKS["reference"], GD, [2, 1, 0])
    np.testing.assert_allclose(forth["loss"], back["loss"][:, ::-1], rtol=0, atol=1e-12)


def test_the_number_of_row_blocks_does_not_matter(measure, monkeypatch):
    dataset = synthetic(n_train=1003, n_test=601)
    removed = some_removed(3, 1003)
    whole = measure(dataset, NETWORKS["deep"], GD, range(3), epochs=10, removed=removed)
    monkeypatch.setattr(ensemble, "BLOCK_VALUES", 1)
    assert len(list(ensemble.Ensemble(seen(dataset), NETWORKS["deep"], GD, range(3), None, 12).blocks(1003))) == 2
    blocks = measure(dataset, NETWORKS["deep"], GD, range(3), epochs=10, removed=removed)
    for name in ("loss", "train_error", "gram", "misclassified"):
        np.testing.assert_allclose(blocks[name], whole[name], rtol=0, atol=1e-11, err_msg=name)
    assert all((blocks.test_error[epoch] == whole.test_error[epoch]).all() for epoch in whole.test_error)


@pytest.mark.parametrize("optimizer", ["gd", "adam", "minibatch"])
def test_how_many_runs_go_through_the_data_together_does_not_matter(small, measure, monkeypatch, optimizer):
    given = small, NETWORKS["deep"], OPTIMIZERS[optimizer], range(5)
    removed = some_removed(5, len(small.images_train))
    whole = measure(*given, epochs=10, removed=removed)
    monkeypatch.setattr(ensemble, "BLOCK_VALUES", 12 * Dense.least_block)
    assert [part.stop - part.start for part in ensemble.parts(Dense, 5, 12, ensemble.BLOCK_VALUES)] == [2, 1, 2]
    divided = measure(*given, epochs=10, removed=removed)
    for name in ("loss", "train_error", "gram", "misclassified"):
        np.testing.assert_allclose(divided[name], whole[name], rtol=0, atol=1e-11, err_msg=name)
    assert all((divided.test_error[epoch] == whole.test_error[epoch]).all() for epoch in whole.test_error)


@given(st.integers(1, 2000), st.integers(1, 5000), st.integers(1, 2**20))
def test_parts_are_all_runs_in_order_and_as_equal_as_can_be(n_runs, units, values):
    sizes = [part.stop - part.start for part in ensemble.parts(Dense, n_runs, units, values)]
    assert [run for part in ensemble.parts(Dense, n_runs, units, values) for run in range(n_runs)[part]] == [
        *range(n_runs)
    ]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == 1 or max(sizes) * units * Dense.least_block <= 2 * values


@given(st.integers(1, 3), st.integers(1, 70), st.randoms(use_true_random=False))
def test_pack_bits_is_that_of_numpy(n_runs, n, random):
    bits = np.array([[random.random() < 0.5 for _ in range(n)] for _ in range(n_runs)])
    assert np.array_equal(pack_bits(torch.as_tensor(bits)).numpy(), np.packbits(bits, axis=1))


# What is recorded


def test_misclassified_sets_hold_the_train_error(small, trained):
    removed = some_removed(2, len(small.images_train))
    trajectory = trained(small, NETWORKS["reference"], removed=removed)
    sets = trajectory.sets(np.arange(11)[:, None], np.arange(2))
    np.testing.assert_allclose(sets.sum(2) / (~removed).sum(1), trajectory.train_error, rtol=1e-6)
    assert sets.any() and not (sets & removed).any()


def test_misclassified_sets_are_those_of_a_plain_loop(small, trained):
    trajectory = trained(small, NETWORKS["reference"], seeds=[4], epochs=0)
    torch.manual_seed(4)
    model = torch.nn.Sequential(torch.nn.Linear(12, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2))
    train, _, varying = features(small)
    x = torch.zeros(len(train), 12)
    x[:, varying] = torch.as_tensor(train, dtype=x.dtype)
    wrong = model(x).argmax(1).numpy() != (small.label_train == 1)
    assert np.array_equal(trajectory.sets(0, 0), wrong)


def test_a_run_of_n_epochs_has_n_plus_1_states(small, trained):
    trajectory = trained(small, NETWORKS["deep"], epochs=10)
    assert trajectory.loss.shape == trajectory.train_error.shape == (11, 2)
    assert trajectory.gram.shape == (11, 2, 2, 2, 2) and trajectory.misclassified.shape == (11, 2, 13)
    assert (trajectory.n_samples, trajectory.layers, trajectory.groups) == (103, ["1", "2"], ["0+2", "1+3"])
    assert trajectory.runs["diverged_at"].isna().all()


def test_the_test_error_is_measured_every_few_epochs_and_at_the_end(small, trained):
    trajectory = trained(small, NETWORKS["reference"], epochs=10, test_every=4)
    assert np.flatnonzero(np.isfinite(trajectory.test_error[:, 0])).tolist() == [0, 4, 8, 10]


@pytest.mark.parametrize("flush", [1, 3, 10, 11, 12])
def test_how_often_the_recorder_writes_does_not_matter(small, trained, measure, monkeypatch, flush):
    monkeypatch.setattr(recorder, "FLUSH_EPOCHS", flush)
    trajectory = trained(small, NETWORKS["deep"], epochs=10)
    measured = measure(small, NETWORKS["deep"], Optimizer(settings={"lr": 0.1}), [0, 1], epochs=10, dtype="float32")
    for name in ("loss", "train_error", "gram", "misclassified"):
        kept = getattr(trajectory, name)
        assert np.array_equal(kept, measured[name].astype(kept.dtype)), name
    for epoch in (0, 4, 8, 10):
        assert np.array_equal(trajectory.test_error[epoch], measured.test_error[epoch].astype(np.float32))


def test_logarithmic_sets_are_those_of_the_nearest_kept_epoch(small, trained, monkeypatch):
    monkeypatch.setattr(recorder, "LOGARITHMIC_SETS", 6)
    every = trained(small, NETWORKS["reference"], epochs=100)
    all_sets = every.sets(np.arange(101)[:, None], np.arange(2))
    some = trained(small, NETWORKS["reference"], epochs=100, sets="logarithmic")
    kept = some.set_epochs.tolist()
    assert kept == [0, 1, 3, 6, 16, 40, 100] and len(some.misclassified) == 7
    assert np.array_equal(some.sets(np.array(kept)[:, None], np.arange(2)), all_sets[kept])
    assert np.array_equal(some.sets(29, 1), all_sets[40, 1]) and np.array_equal(some.sets(27, 1), all_sets[16, 1])
    assert np.array_equal(some.train_error, every.train_error)


@pytest.mark.parametrize("task", ["parity", "classes"])
def test_margins_are_those_of_a_plain_network(measure, task):
    dataset = synthetic(task=task)
    removed = some_removed(1, len(dataset.images_train))
    measured = measure(dataset, NETWORKS["deep"], GD, [4], epochs=3, removed=removed, margins=True)["margins"]
    plain = plain_run(dataset, NETWORKS["deep"], GD, 4, removed[0], epochs=3)["outputs"]
    y = group_numbers(dataset)[0].numpy()
    for epoch, outputs in enumerate(plain):
        others = np.where(np.eye(outputs.shape[1], dtype=bool)[y], -np.inf, outputs)
        true = outputs[np.arange(len(y)), y]
        odds = np.exp(outputs - true[:, None]).sum(1)
        np.testing.assert_allclose(measured[epoch, 0], [1 / odds, true - others.max(1)], rtol=0, atol=1e-9)


def test_of_two_groups_the_probability_is_the_margins_sigmoid_and_wrong_points_have_negative_ones(small, trained):
    trajectory = trained(small, NETWORKS["reference"], seeds=range(3), epochs=40, margins=True)
    probability, margin, *_ = np.moveaxis(trajectory.margins, 2, 0)
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-margin)), rtol=1e-5)
    assert np.array_equal(margin < 0, trajectory.sets(trajectory.margin_epochs[:, None], np.arange(3)))


def test_means_of_margins_are_over_all_epochs_so_far(small, trained, monkeypatch):
    every = trained(small, NETWORKS["reference"], epochs=8, margins=True)
    # Of so few epochs the grid holds all.
    assert every.margin_epochs.tolist() == list(range(9))
    now = np.array(every.margins[:, :, :2], float)
    means = now.cumsum(0) / np.arange(1, 10)[:, None, None, None]
    np.testing.assert_allclose(every.margins[:, :, 2:], means, rtol=0, atol=1e-6)
    monkeypatch.setattr(recorder, "LOGARITHMIC_MARGINS", 3)
    some = trained(small, NETWORKS["reference"], epochs=8, margins=True)
    assert some.margin_epochs.tolist() == [0, 1, 3, 8]
    np.testing.assert_allclose(some.margins[:, :, 2:], means[some.margin_epochs], rtol=0, atol=1e-6)


def test_margins_are_kept_on_demand_only_and_change_nothing_else(small, trained):
    plain = trained(small, NETWORKS["reference"])
    loss, sets = plain.loss, np.array(plain.misclassified)
    assert plain.margins is None and not (plain.folder / "margins.npy").exists()
    asked = trained(small, NETWORKS["reference"], margins=True)
    assert np.array_equal(asked.loss, loss) and np.array_equal(asked.misclassified, sets)


def test_samples_lie_row_by_row_in_memory(small):
    # Boolean columns of a matrix come transposed from numpy, and oneDNN multiplies rows of such a hundred times slower.
    data = seen(small, "float32")
    assert data.x.is_contiguous() and data.x_test.is_contiguous()


def test_noise_leaves_the_column_of_ones(small):
    data = seen(small, "float32")
    noisy = data.noisy_test(2.0)
    assert (noisy[:, -1] == 1).all()
    assert abs((noisy - data.x_test)[:, :-1].std() - 2) < 0.3
    assert torch.equal(noisy, data.noisy_test(2.0))


def test_noisy_test_errors_are_kept_by_their_noise(small, trained):
    trajectory = trained(small, NETWORKS["reference"], noise=(0.0, 50.0), epochs=40)
    assert trajectory.sigma.tolist() == [0, 50]
    assert (trajectory.noisy_test_error[0] == trajectory.test_error[-1]).all()
    assert (trajectory.noisy_test_error[1] > trajectory.test_error[-1]).all()


# Runs that go wrong


def with_spoilt_start(monkeypatch, spoilt):
    """The weights of one run of an ensemble are infinite from the start."""

    def start(*given):
        parameters = initial_parameters(*given)
        parameters[-2][spoilt] = float("inf")
        return parameters

    monkeypatch.setattr(dense, "initial_parameters", start)


@pytest.mark.parametrize("optimizer", ["gd", "adam", "minibatch"])
def test_a_diverged_run_leaves_its_neighbours_as_they_were(small, measure, monkeypatch, optimizer):
    optimizer = OPTIMIZERS[optimizer]
    before = measure(small, NETWORKS["reference"], optimizer, range(3), epochs=20)
    with_spoilt_start(monkeypatch, 1)
    after = measure(small, NETWORKS["reference"], optimizer, range(3), epochs=20)
    assert not np.isfinite(after["loss"][:, 1]).any()
    for name in ("loss", "train_error", "gram", "misclassified"):
        assert np.array_equal(before[name][:, [0, 2]], after[name][:, [0, 2]]), name


def test_a_diverged_run_is_named_and_has_no_errors(small, trained, monkeypatch, caplog):
    with_spoilt_start(monkeypatch, 1)
    trajectory = trained(small, NETWORKS["reference"], seeds=[5, 6, 7], noise=(1.0,))
    (message,) = [record.getMessage() for record in caplog.records if "diverged" in record.getMessage()]
    assert "seed=6" in message and message.startswith("networks: ") and "learning rate" in message
    assert trajectory.runs["diverged_at"].isna().tolist() == [True, False, True]
    for error in (trajectory.train_error, trajectory.test_error[[0, 4, 8, 10]], trajectory.noisy_test_error):
        assert np.isfinite(error).all(axis=0).tolist() == [True, False, True]
        assert np.isnan(error[:, 1]).all()


def test_a_run_that_diverges_later_says_when(written):
    loss = np.ones((6, 2))
    loss[3:, 0] = np.nan
    trajectory = written(np.zeros((6, 2, 9)), loss=loss)
    assert trajectory.runs["diverged_at"].iloc[0] == 3
    assert np.isnan(trajectory.train_error[3:, 0]).all() and np.isfinite(trajectory.train_error[:3]).all()


def test_progress_is_logged(small, trained, monkeypatch, caplog):
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 0)
    with caplog.at_level(logging.INFO):
        trained(small, NETWORKS["reference"], epochs=3)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert all(f"epoch {epoch} of 3" in line for epoch, line in enumerate(lines, 1))
    assert lines[-1].endswith("0:00 left")


def test_progress_is_silent_between_its_lines(small, trained, caplog):
    with caplog.at_level(logging.INFO):
        trained(small, NETWORKS["reference"], epochs=3)
    assert not caplog.records
