"""How hard networks find single points: what the literature asks of their outputs and gradients while they train.

EL2N and GraNd are those of Paul, Ganguli and Dziugaite (2021), the area under the margin that of Pleiss et al. (2020),
confidence and variability those of Swayamdipta et al. (2020, dataset cartography). All are turned so that the larger
value is the harder point's.
"""

from collections.abc import Sequence

import numpy as np
import torch

from ..data.datasets import Dataset
from ..spec.specification import Network, Optimizer, Protocol
from ..support.errors import InputError
from .dense import Dense
from .engine import Pass
from .ensemble import Ensemble
from .meters import Margins
from .replay import replay

SNAPSHOTS = (0, 20, 100)
"""Epochs at which EL2N and GraNd are taken beside the last: at the beginning, where Paul et al. first proposed GraNd;
their 20; and late, of 500."""


def el2n(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Norm of each point's error: probabilities less the one-hot group, (runs, samples).

    ``outputs`` (runs, groups, samples), ``targets`` one-hot (samples, groups). At most √2.
    """
    return torch.linalg.vector_norm(outputs.softmax(1) - targets.T, dim=1)


def grand(engine: Dense, x: torch.Tensor, made: Pass, targets: torch.Tensor) -> torch.Tensor:
    """Norm of the gradient of each point's own loss over all weights and biases of its network, (runs, samples).

    In closed form: a layer's gradient is the outer product of the error δ that comes back to it and of what it was
    given, h or 1 for its bias, so that its squared norm is |δ|² (|h|² + 1). ``x`` (samples, features and a 1).
    """
    square, delta = 0.0, made.outputs.softmax(1) - targets.T
    # Weights after the first layer, the last first.
    for weight, h in zip(engine.parameters[-2:0:-2], reversed(made.hidden), strict=True):
        square = square + _square(delta, 1) * (_square(h, 1) + 1)
        delta = engine.activation.backward(weight.mT @ delta, h)
    return (square + _square(delta, 1) * _square(x, 1)).sqrt()


def _square(values: torch.Tensor, dim: int) -> torch.Tensor:
    return (values * values).sum(dim)


@torch.no_grad()
def asked(ensemble: Ensemble, x: torch.Tensor, gradients: bool) -> dict[str, torch.Tensor]:
    """``probability`` of the true group, ``margin``, ``el2n`` and, with ``gradients``, ``grand``; (runs, samples) each.

    ``x``: the samples that the ensemble trains on, in their order.
    """
    margins, norms, gradient_norms = Margins(), [], []
    for rows in ensemble.blocks(len(x)):
        targets = ensemble.targets[rows]
        made = ensemble.engine.forward(x[rows])
        margins.add(made, targets, ensemble.weights[:, rows])
        norms.append(el2n(made.outputs, targets))
        if gradients:
            gradient_norms.append(grand(ensemble.engine, x[rows], made, targets))
    probability, margin = margins.take()["margins"].unbind(1)
    found = {"probability": probability, "margin": margin, "el2n": torch.cat(norms, 1)}
    return found | ({"grand": torch.cat(gradient_norms, 1)} if gradients else {})


def hardness(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    seeds: Sequence[int],
    inversion: np.ndarray,
    device: str = "auto",
    name: str = "networks",
) -> dict[str, np.ndarray]:
    """Score -> its value of each point in each of the runs of ``seeds``, (runs, P) in single precision.

    ``el2n_<epoch>`` and ``grand_<epoch>`` at :data:`SNAPSHOTS` and at the last epoch (``_end``); ``aum``,
    ``confidence`` and ``variability`` over all epochs from 0 on; ``el2n_inversion`` and ``aum_inversion`` at and up to
    ``inversion`` (runs,), each run's t*, NaN where it has none. The runs are trained once more, bit for bit.

    Raises :class:`InputError` for a network that is not fully connected, whose gradients have no closed form here.
    """
    if network.kind != "dense":
        raise InputError(f"{name}: GraNd is of dense networks, and this one is {network.kind} (leave it out)")
    shape, last = (len(seeds), len(dataset.sample_id)), protocol.epochs
    total = {kind: np.zeros(shape) for kind in ("margin", "probability", "square")}
    named = {epoch: str(epoch) for epoch in SNAPSHOTS if epoch < last} | {last: "end"}
    found = {kind: np.full(shape, np.nan, np.float32) for kind in ("el2n_inversion", "aum_inversion")}
    states = replay(dataset, network, optimizer, protocol, seeds, range(last + 1), device=device, name=name)
    for epoch, data, ensembles in states:
        parts = [asked(ensemble, data.x, epoch in named) for ensemble in ensembles]
        state = {kind: torch.cat([part[kind] for part in parts]).double().cpu().numpy() for kind in parts[0]}
        total["margin"] += state["margin"]
        total["probability"] += state["probability"]
        total["square"] += state["probability"] ** 2
        if epoch in named:
            found |= {f"{kind}_{named[epoch]}": state[kind].astype(np.float32) for kind in ("el2n", "grand")}
        turned = np.flatnonzero(inversion == epoch)
        found["el2n_inversion"][turned] = state["el2n"][turned]
        found["aum_inversion"][turned] = -total["margin"][turned] / (epoch + 1)
    mean = {kind: values / (last + 1) for kind, values in total.items()}
    variance = np.clip(mean["square"] - mean["probability"] ** 2, 0, None)
    whole = {"aum": -mean["margin"], "confidence": -mean["probability"], "variability": np.sqrt(variance)}
    return found | {kind: values.astype(np.float32) for kind, values in whole.items()}
