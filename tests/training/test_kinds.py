"""Convolutional networks and modules of a user's own train as independent loops do, one run at a time."""

import numpy as np
import pytest
import torch
import yaml
from conftest import synthetic
from project import REPOSITORY
from test_training import ACTIVATIONS, assert_same_run, cross_entropy, group_numbers, some_removed, states_of

from workflow.stragglers.data.datasets import features, shaped_features
from workflow.stragglers.spec.specification import KEYS, Network, Optimizer
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training import activations, ensemble
from workflow.stragglers.training.convolutional import Convolutional, initial_parameters
from workflow.stragglers.training.engine import Data
from workflow.stragglers.training.kinds import KINDS
from workflow.stragglers.training.maps import representation

EPOCHS = 20
OPTIMIZERS = {
    "gd": Optimizer(settings={"lr": 0.1}),
    "adam": Optimizer("Adam", settings={"lr": 0.01}),
    "minibatch": Optimizer(batch_size=16, batch_seed=3, settings={"lr": 0.05, "momentum": 0.9}),
}
CNNS = {
    "strided": {},
    "relu": {"activation": "relu"},
    "pooling": {"stages": [[4, 3, 1, 2], [6, 3, 1, 1]], "depth": 3},
    "one stage": {"stages": [[5, 4, 2, 1]], "activation": "linear"},
    "three stages": {"stages": [[3, 3, 1, 2], [4, 3, 1, 2], [5, 1, 1, 1]], "activation": "relu"},
}
MODULES = {
    "plain": """
        def make(input_shape, n_outputs):
            return nn.Sequential(nn.Conv2d(input_shape[0], 4, 3), nn.ReLU(inplace=True), nn.Flatten(),
                                 nn.LazyLinear(7), nn.Tanh(), nn.Linear(7, n_outputs))
    """,
    "normalised": """
        def make(input_shape, n_outputs):
            return nn.Sequential(nn.Conv2d(input_shape[0], 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True),
                                 nn.Flatten(), nn.LazyLinear(7), nn.Dropout(0.3), nn.Linear(7, n_outputs))
    """,
}


@pytest.fixture(scope="session")
def colour():
    return synthetic(shape=(8, 6, 3))


def cnn(maps="flattened", **keys):
    return Network(kind="convolutional", width=6, maps=maps, **keys)


def standardised(dataset):
    """Images (samples, channels, height, width) by the training ones', where those vary."""
    train, test = (
        torch.as_tensor(np.moveaxis(x, 3, 1) if x.ndim == 4 else x[:, None]).double()
        for x in (dataset.images_train, dataset.images_test)
    )
    mean, scale = train.mean(0), train.std(0, correction=0)
    return [torch.where(scale > 0, (x - mean) / scale, 0) for x in (train, test)]


def plain_cnn(network, input_shape, n_outputs):
    """As torch has it, and the submodules whose outputs are observed."""
    layers, observed, n_in = [], [], input_shape[0]
    for stage in network.stages:
        layers += [torch.nn.Conv2d(n_in, stage.channels, stage.kernel, stage.stride, stage.kernel // 2)]
        layers += [ACTIVATIONS[network.activation](), torch.nn.MaxPool2d(stage.pool)]
        observed.append(layers[-1])
        n_in = stage.channels
    n_in = torch.nn.Sequential(*layers)(torch.zeros(1, *input_shape)).numel()
    layers.append(torch.nn.Flatten())
    for _ in range(network.depth - 1):
        layers += [torch.nn.Linear(n_in, network.width), ACTIVATIONS[network.activation]()]
        observed.append(layers[-1])
        n_in = network.width
    return torch.nn.Sequential(*layers, torch.nn.Linear(n_in, n_outputs)), observed


def plain_module(network, input_shape, n_outputs):
    namespace = {}
    with open(network.file, encoding="utf-8") as file:
        exec(file.read(), namespace)
    model = namespace["make"](input_shape, n_outputs)
    model.eval()(torch.zeros(2, *input_shape))
    return model, [dict(model.named_modules())[layer] for layer in network.layers]


def unit(maps, how):
    """Outputs of a layer, one sample at a time, as unit vectors."""
    vectors = []
    for each in maps:
        if each.ndim == 3 and how == "pooled":
            each = each.mean((1, 2))
        elif each.ndim == 3 and how == "pixels":
            each = each / each.norm(dim=0).clamp_min(1e-15)
        vectors.append(torch.nn.functional.normalize(each.flatten(), dim=0, eps=1e-30))
    return torch.stack(vectors)


def plain_run(dataset, network, optimizer, seed, removed=None):
    """One run by autograd. Loss, errors and products of the groups' centres of every state."""
    x, x_test = standardised(dataset)
    y, y_test = group_numbers(dataset)
    kept = torch.ones(len(x), dtype=bool) if removed is None else torch.as_tensor(~removed)
    n_groups = int(y.max()) + 1
    plain = {"convolutional": plain_cnn, "module": plain_module}[network.kind]
    # Of a module the layers of unknown size draw when they first see data.
    torch.manual_seed(seed)
    model, observed = plain(network, x.shape[1:], n_groups)
    model = model.double()
    seen = {}
    for layer in observed:
        layer.register_forward_hook(lambda layer, given, output: seen.update({layer: output.clone()}))

    def state():
        model.eval()
        with torch.no_grad():
            test_error = (model(x_test).argmax(1) != y_test).double().mean().item()
            outputs, gram = model(x[kept]), []
            for layer in observed:
                vectors = unit(seen[layer], network.maps)
                centres = torch.stack([vectors[y[kept] == group].mean(0) for group in range(n_groups)])
                gram.append(centres @ centres.T)
        model.train()
        return {
            "loss": cross_entropy(outputs, y[kept]).item(),
            "train_error": (outputs.argmax(1) != y[kept]).double().mean().item(),
            "test_error": test_error,
            "gram": torch.stack(gram).numpy(),
        }

    return states_of(model, x, y, kept, optimizer, state, EPOCHS)


def assert_all_same(measure, dataset, network, optimizer, seeds=(4, 11), removed=None):
    measured = measure(dataset, network, optimizer, seeds, EPOCHS, removed=removed)
    for run, seed in enumerate(seeds):
        plain = plain_run(dataset, network, optimizer, seed, None if removed is None else removed[run])
        assert abs(plain["loss"][-1] - plain["loss"][0]) > 1e-3
        assert_same_run(measured, run, plain, tolerance=1e-8)
    return measured


# Convolutional networks


@pytest.mark.parametrize("keys", CNNS.values(), ids=CNNS)
def test_each_architecture_trains_as_a_plain_loop_does(colour, measure, keys):
    assert_all_same(measure, colour, cnn(**keys), OPTIMIZERS["gd"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("task", ["parity", "classes"])
def test_groups_and_points_left_out_train_as_a_plain_loop_does(measure, optimizer, task):
    dataset = synthetic(shape=(6, 7), task=task)
    removed = some_removed(2, len(dataset.images_train))
    measured = assert_all_same(measure, dataset, cnn(**CNNS["pooling"]), OPTIMIZERS[optimizer], removed=removed)
    assert measured["gram"].shape[1:] == (2, 4, *[2 if task == "parity" else 4] * 2)


@pytest.mark.parametrize("optimizer", ["gd", "minibatch"])
def test_a_run_alone_equals_the_same_run_among_others(colour, measure, monkeypatch, optimizer):
    together = measure(colour, cnn(), OPTIMIZERS[optimizer], range(5), EPOCHS)
    # In parts and blocks, too.
    monkeypatch.setattr(Convolutional, "most_runs", 2)
    monkeypatch.setattr(ensemble, "BLOCK_VALUES", 1)
    apart = measure(colour, cnn(), OPTIMIZERS[optimizer], range(5), EPOCHS)
    alone = measure(colour, cnn(), OPTIMIZERS[optimizer], [3], EPOCHS)
    for name in ("loss", "train_error", "gram", "misclassified"):
        np.testing.assert_allclose(apart[name], together[name], rtol=0, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(alone[name][:, 0], together[name][:, 3], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("along", [False, True])
def test_single_precision_differs_by_rounding_only(colour, measure, monkeypatch, activation, along):
    monkeypatch.setattr(activations, "ONEDNN_ACTIVATIONS", along)
    network = cnn(activation=activation)
    single, double = (
        measure(colour, network, OPTIMIZERS["gd"], [0, 1], EPOCHS, dtype) for dtype in ("float32", "float64")
    )
    for name in ("loss", "gram"):
        np.testing.assert_allclose(single[name], double[name], rtol=0, atol=1e-4, err_msg=name)


def test_the_initialisation_is_that_of_torch(colour):
    network = cnn(stages=[[3, 5, 2, 1], [4, 3, 1, 2]], depth=3)
    kernel, k2, b2, w1, c1, w2, c2, w3, c3 = initial_parameters(network, (3, 8, 6), [8, 9], 2)
    state = torch.random.get_rng_state()
    initial_parameters(network, (3, 8, 6), [8], 2)
    assert torch.equal(torch.random.get_rng_state(), state)
    for run, seed in enumerate([8, 9]):
        torch.manual_seed(seed)
        model, _ = plain_cnn(network, (3, 8, 6), 2)
        first, second, *dense = [layer for layer in model if hasattr(layer, "weight")]
        assert torch.equal(kernel[3 * run : 3 * run + 3], torch.cat([first.weight.flatten(1), first.bias[:, None]], 1))
        assert torch.equal(k2[4 * run : 4 * run + 4], second.weight)
        assert torch.equal(b2[4 * run : 4 * run + 4], second.bias)
        # Channels, height, width there; height, width, channels here.
        by_position = dense[0].weight.view(6, 4, 2, 1).permute(0, 2, 3, 1).flatten(1)
        assert torch.equal(w1[run], by_position) and torch.equal(c1[run, :, 0], dense[0].bias)
        assert torch.equal(w2[run], dense[1].weight) and torch.equal(c2[run, :, 0], dense[1].bias)
        assert torch.equal(w3[run], dense[2].weight) and torch.equal(c3[run, :, 0], dense[2].bias)


def test_hidden_layers_are_named(colour, trained):
    trajectory = trained(colour, cnn(depth=3), epochs=2)
    assert trajectory.layers == ["conv1", "conv2", "dense1", "dense2"]
    assert len(cnn(depth=3).hidden_layers) == 4


def test_vectors_are_refused(trained, tmp_path):
    with pytest.raises(InputError, match="^own, cnn, gd: a convolutional network needs images, .* vectors of 12 feat"):
        trained(synthetic(shape=(12,)), cnn(), name="own, cnn, gd")
    assert not list(tmp_path.iterdir())


def test_maps_of_which_nothing_is_left_are_named(small, trained):
    with pytest.raises(InputError, match=r"`stages\.1` of the network: nothing is left of maps of 3 x 4 pixels"):
        trained(small, cnn(stages=[[2, 3, 1, 1], [2, 3, 1, 4]]))


def test_the_schema_lists_kinds_and_their_keys():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    network = schema["properties"]["networks"]["additionalProperties"]["properties"]
    assert network["kind"]["enum"] == list(KINDS) == list(KEYS)
    assert set(network) == {"kind", "title"}.union(*KEYS.values())


# Feature maps


@pytest.mark.parametrize("maps", ["flattened", "pooled", "pixels"])
@pytest.mark.parametrize("kind", ["convolutional", "module"])
def test_a_feature_map_becomes_a_unit_vector_in_three_ways(colour, measure, own_module, kind, maps):
    network = cnn(maps) if kind == "convolutional" else own_module(MODULES["plain"], maps=maps)
    assert_all_same(measure, colour, network, OPTIMIZERS["gd"])


def test_a_pixel_without_any_feature_stays_at_the_origin():
    maps = torch.tensor([[[[3.0, 4.0], [0.0, 0.0]]]])
    assert representation(maps, "pixels")[0, :, 0].tolist() == pytest.approx([0.6, 0.8, 0, 0])


def test_shaped_features_are_the_features_in_their_place(small):
    shaped, shaped_test, mask = shaped_features(small)
    flat, flat_test, varying = features(small)
    assert shaped.shape == (103, 1, 3, 4) and np.array_equal(mask.ravel(), varying)
    np.testing.assert_allclose(shaped[:, mask], flat, rtol=0, atol=1e-12)
    np.testing.assert_allclose(shaped_test[:, mask], flat_test, rtol=0, atol=1e-12)
    assert not shaped[:, ~mask].any() and not shaped_test[:, ~mask].any() and not np.isnan(shaped).any()


def test_noise_leaves_pixels_that_never_varied(small):
    data = Data.of(small, Convolutional.view(small), "float32", torch.device("cpu"))
    assert (data.noisy_test(1.0)[:, 0, 0, 0] == 0).all() and (
        data.noisy_test(1.0)[:, 0, 0, 1] != data.x_test[:, 0, 0, 1]
    ).all()


# Modules


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("task", ["parity", "classes"])
def test_a_module_trains_as_a_plain_loop_does(measure, own_module, optimizer, task):
    dataset = synthetic(shape=(5, 6), task=task)
    removed = some_removed(2, len(dataset.images_train))
    assert_all_same(measure, dataset, own_module(MODULES["plain"]), OPTIMIZERS[optimizer], removed=removed)


@pytest.mark.parametrize("removes", [False, True])
def test_normalisation_and_dropout_learn_in_mini_batches(colour, measure, own_module, removes):
    network = own_module(MODULES["normalised"], layers=("1", "5"))
    removed = some_removed(2, len(colour.images_train)) if removes else None
    assert_all_same(measure, colour, network, OPTIMIZERS["minibatch"], removed=removed)


def test_a_module_of_vectors_is_given_all_features(measure, own_module):
    text = """
        def make(input_shape, n_outputs):
            assert input_shape == (12,)
            return nn.Sequential(nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, n_outputs))
    """
    dataset = synthetic(shape=(12,))
    measured = measure(dataset, own_module(text, ["1"]), OPTIMIZERS["gd"], [4], EPOCHS)
    dense = measure(dataset, Network(width=5), OPTIMIZERS["gd"], [4], EPOCHS)
    np.testing.assert_allclose(measured["gram"], dense["gram"], rtol=0, atol=1e-10)


def test_a_module_leaves_global_state_alone(colour, measure, own_module):
    network, optimizer = own_module(MODULES["normalised"], layers=["1"]), OPTIMIZERS["minibatch"]
    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    first = measure(colour, network, optimizer, [3], 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(1)
    again = measure(colour, network, optimizer, [2, 3], 3)
    assert np.array_equal(first["loss"][:, 0], again["loss"][:, 1])


def test_layers_bear_their_names_in_the_order_given(colour, trained, own_module):
    assert trained(colour, own_module(MODULES["plain"], layers=["4", "0"])).layers == ["4", "0"]


@pytest.mark.parametrize(
    "inside", ["nn.BatchNorm2d(3)", "nn.Dropout(0.1)", "Noisy()"], ids=["normalisation", "dropout", "of its own"]
)
def test_what_differs_in_training_needs_mini_batches(colour, trained, own_module, inside):
    text = f"""
        class Noisy(nn.Module):
            def forward(self, x):
                return nn.functional.dropout(x, 0.5, self.training)

        def make(input_shape, n_outputs):
            return nn.Sequential({inside}, nn.Flatten(), nn.LazyLinear(n_outputs))
    """
    with pytest.raises(InputError, match=r"`file` .*mine\.py of the network: .*mini-batches only \(set `batch_size`"):
        trained(colour, own_module(text, ["0"]))


NOT_SERVING = {
    "syntax": ("def make(:", r"raised SyntaxError"),
    "raises": ("import nowhere_to_be_found", r"raised ModuleNotFoundError: No module named"),
    "no function": ("def other(): pass", r"has no function 'make' \(`build`\); it has other"),
    "build raises": ("def make(a, b):\n    raise ValueError('so\\nthere')", r"raised ValueError: so there$"),
    "no module": ("def make(a, b): return 3", r"returns int, not a torch\.nn\.Module"),
    "layer": (
        "def make(a, b): return nn.Sequential(nn.Flatten(), nn.LazyLinear(b))",
        r"no submodule '3' \(`layers`\); it has 0, 1",
    ),
    "shape": (
        "def make(a, b): return nn.Sequential(nn.Conv2d(a[0], 2, 3), nn.ReLU(), nn.Flatten(), nn.Identity())",
        r"gives \(2, 48\) for 2 samples, and \(samples, n_outputs\) = \(2, 2\)",
    ),
    "forward": (
        "def make(a, b): return nn.Sequential(nn.Linear(7, 3), nn.ReLU(), nn.Flatten(), nn.Identity())",
        r"raised an error for 2 samples of shape \(3, 8, 6\): RuntimeError",
    ),
    "nothing learns": (
        "def make(a, b): return nn.Sequential(nn.Flatten(), nn.ReLU(), nn.AdaptiveAvgPool1d(b), nn.Identity())",
        r"has no parameters that learn",
    ),
    "two outputs in training": (
        """
        class Net(nn.Sequential):
            def forward(self, x):
                outputs = super().forward(x)
                return (outputs, outputs) if self.training else outputs

        def make(a, b):
            return Net(nn.Flatten(), nn.LazyLinear(b), nn.Identity(), nn.Identity())
        """,
        r"gives tuple for 2 samples",
    ),
    "unused": (
        """
        class Net(nn.Sequential):
            def forward(self, x):
                return self[1](self[0](x))

        def make(a, b):
            return Net(nn.Flatten(), nn.LazyLinear(b), nn.ReLU(), nn.ReLU())
        """,
        r"never calls its submodule '3', which is in `layers`",
    ),
    "no tensor": (
        """
        class Pair(nn.Module):
            def forward(self, x):
                return x, x

        class Net(nn.Sequential):
            def forward(self, x):
                return self[2](self[1](self[0](x)[0]))

        def make(a, b):
            return Net(Pair(), nn.Flatten(), nn.LazyLinear(b), nn.ReLU())
        """,
        r"submodule '0' that gives no tensor",
    ),
}


@pytest.mark.parametrize(("text", "message"), NOT_SERVING.values(), ids=NOT_SERVING)
def test_a_module_that_cannot_serve_is_named_in_one_line(colour, trained, own_module, tmp_path, text, message):
    with pytest.raises(InputError, match=rf"^digits, mine, gd: `file` .*mine\.py: .*{message}") as refused:
        trained(colour, own_module(text), name="digits, mine, gd")
    assert len(str(refused.value).splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_another_by_now_does_not_train(colour, trained, own_module):
    network = own_module(MODULES["plain"], content="0" * 64)
    with pytest.raises(InputError, match="is not what it was when the study was planned"):
        trained(colour, network)
