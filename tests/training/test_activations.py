import pytest
import test_training
import torch
import yaml
from project import REPOSITORY
from test_training import GD, assert_same_run, plain_run

from workflow.stragglers.spec.specification import Network
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.training import activations
from workflow.stragglers.training.activations import ACTIVATIONS, Activation, check_activation, rows_product

SIGMOID = Activation(torch.sigmoid_, lambda gradient, h: gradient.mul_(h * (1 - h)))
GELU = Activation(
    torch.nn.functional.gelu,
    # The derivative of GELU at z, which the caller does not have: h is taken for it.
    lambda gradient, h: torch.ops.aten.gelu_backward(gradient, h),
)


@pytest.fixture
def activation(monkeypatch):
    """Add an activation for the length of a test."""
    return lambda name, added: monkeypatch.setitem(ACTIVATIONS, name, added)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_passes_its_check(name):
    check_activation(name)


def test_the_schema_lists_the_activations():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    network = schema["properties"]["networks"]["additionalProperties"]["properties"]
    assert network["activation"]["enum"] == list(ACTIVATIONS)


def test_a_further_activation_trains_as_a_plain_loop_does(small, measure, activation, monkeypatch):
    activation("sigmoid", SIGMOID)
    monkeypatch.setitem(test_training.ACTIVATIONS, "sigmoid", torch.nn.Sigmoid)
    network = Network(width=6, depth=3, activation="sigmoid")
    assert_same_run(measure(small, network, GD, [4]), 0, plain_run(small, network, GD, 4))


@pytest.mark.parametrize("onednn", [None, "sigmoid"])
@pytest.mark.parametrize("along", [False, True])
def test_single_precision_gives_the_same_function(onednn, along, monkeypatch):
    monkeypatch.setattr(activations, "ONEDNN_ACTIVATIONS", along)
    a, b = torch.linspace(-2, 2, 15).view(5, 3), torch.linspace(-1, 3, 12).view(4, 3)
    activation = Activation(SIGMOID.forward, SIGMOID.backward, onednn)
    torch.testing.assert_close(rows_product(a, b, activation), torch.sigmoid(a @ b.T))


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (Activation(torch.sigmoid_, lambda gradient, h: gradient.mul_(h)), "'mine': its backward"),
        (GELU, "'mine': its backward"),
        (Activation(torch.sigmoid_, SIGMOID.backward, onednn="tanh"), "what oneDNN calls 'tanh' is not"),
    ],
    ids=["wrong derivative", "GELU", "another function in oneDNN"],
)
def test_a_wrong_activation_is_refused_before_it_trains(
    small, trained, activation, tmp_path, added, message, monkeypatch
):
    monkeypatch.setattr(activations, "ONEDNN_ACTIVATIONS", True)
    if added.onednn and not activations.ONEDNN:
        pytest.skip("this torch has no oneDNN")
    activation("mine", added)
    with pytest.raises(InputError, match=message):
        trained(small, Network(activation="mine"))
    assert not list(tmp_path.iterdir())


def test_tanh_is_exact_to_single_precision():
    z = torch.linspace(-30, 30, 100_001)
    h = ACTIVATIONS["tanh"].forward(z.clone())
    assert (h - z.double().tanh()).abs().max() < 2e-7
    assert h.abs().max() <= 1


def test_an_activation_of_the_schema_alone_is_named():
    with pytest.raises(InputError, match="'swish': the schema lists it"):
        check_activation("swish")
