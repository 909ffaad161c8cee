"""The inversion ledger: what each training point adds to the change of D, to first order.

A step of gradient descent moves the parameters by -η/P Σ_j ∇ℓ_j, so that D changes by

    ΔD = η Σ_j C_j + O(η²),    C_j = -⟨∇D, ∇ℓ_j⟩ / P.

All P terms come from one backward pass, which gives ∇D, and one Jacobian-vector product of the losses along it. Of
dense networks, two groups and plain full-batch descent; all sums are in double precision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..data.datasets import Dataset
from ..geometry.inversion import find_inversion
from ..spec.specification import Detection, Network, Optimizer, Protocol
from ..support.columns import LEDGER, LEDGER_RUNS
from ..support.errors import InputError
from ..training.activations import ACTIVATIONS, Activation
from ..training.dense import through
from ..training.ensemble import Ensemble
from ..training.replay import replay
from ..training.trajectory import Trajectory


def refuse(network: Network, optimizer: Optimizer, n_groups: int) -> None:
    """Raise :class:`InputError` for runs that have no ledger."""
    if network.kind != "dense" or n_groups > 2:
        raise InputError("a ledger is of a dense network and two groups (choose such a `reference`, and such a `task`)")
    if optimizer.algorithm != "SGD" or optimizer.batch_size or set(optimizer.settings) - {"lr"}:
        raise InputError("a ledger is of plain full-batch descent (leave all but `lr` out of the optimizer `gd`)")


def parameters_of(ensemble: Ensemble, run: int) -> tuple[torch.Tensor, ...]:
    """One run's of an ensemble of dense networks, in double precision: W (units, features + 1), then W, b, …"""
    first, *rest = ensemble.engine.parameters
    own = first.unflatten(0, (ensemble.n_runs, -1))[run]
    return (own.double(), *(parameter[run : run + 1].double() for parameter in rest))


def distance(hidden: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """D of two groups (0 and 1, by point) whose representations are (units, points): as :mod:`..geometry.manifolds`."""
    unit = hidden / hidden.square().sum(0).clamp_min(1e-30).sqrt()
    return (unit[:, group == 1].mean(1) - unit[:, group == 0].mean(1)).square().sum().sqrt()


def contributions(
    parameters: Sequence[torch.Tensor], x: torch.Tensor, group: torch.Tensor, layer: int, activation: Activation
) -> tuple[float, torch.Tensor]:
    """D at hidden ``layer`` (from 1 on) and C (points,), given ``x`` (points, features + 1) and each point's group."""

    def seen(first: torch.Tensor, *rest: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        return through(rest, activation.forward(first @ x.T).unsqueeze(0), activation)

    def distance_at(*given: torch.Tensor) -> torch.Tensor:
        return distance(seen(*given)[0][layer - 1][0], group)

    def losses(*given: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(seen(*given)[1][0].T, group, reduction="none")

    everywhere = tuple(range(len(parameters)))
    gradient, value = torch.func.grad_and_value(distance_at, argnums=everywhere)(*parameters)
    _, along = torch.func.jvp(losses, tuple(parameters), gradient)
    return float(value), -along / len(x)


@dataclass(frozen=True)
class Ledger:
    """Of several runs, at every epoch from 0 on."""

    distance: np.ndarray
    """D (epochs + 1, runs)."""
    stragglers: np.ndarray
    """η Σ C_j over a run's stragglers, and over the others (epochs + 1, runs)."""
    others: np.ndarray
    at_inversion: np.ndarray
    """C_j at the inversion (runs, P); NaN for points left out and for runs without inversion."""


def ledger(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    seeds: Sequence[int],
    stragglers: np.ndarray,
    inverted_at: Sequence[int | None],
    layer: int,
    removed: np.ndarray | None = None,
    name: str = "networks",
) -> Ledger:
    """The ledgers of runs that are trained once more.

    ``stragglers`` (runs, P), booleans; ``inverted_at``: t* of each run or None; ``removed`` (runs, P), booleans: points
    that a run does not learn, which take no part in its D either. Raises :class:`InputError` as :func:`refuse` does.
    """
    refuse(network, optimizer, len(np.unique(dataset.label_train)))
    shape = (protocol.epochs + 1, len(seeds))
    found = Ledger(np.empty(shape), np.empty(shape), np.empty(shape), np.full(stragglers.shape, np.nan))
    kept = [slice(None)] * len(seeds) if removed is None else list(torch.as_tensor(~removed))
    activation, eta = ACTIVATIONS[network.activation], optimizer.settings["lr"]
    for epoch, data, ensembles in replay(
        *(dataset, network, optimizer, protocol, seeds, range(protocol.epochs + 1)), removed, device="cpu", name=name
    ):
        x = data.x.double()
        runs = ((ensemble, place) for ensemble in ensembles for place in range(ensemble.n_runs))
        for run, (ensemble, place) in enumerate(runs):
            own = kept[run]
            value, parts = contributions(parameters_of(ensemble, place), x[own], data.y[own], layer, activation)
            pulling = torch.as_tensor(stragglers[run])[own]
            found.distance[epoch, run] = value
            found.stragglers[epoch, run] = eta * parts[pulling].sum()
            found.others[epoch, run] = eta * parts[~pulling].sum()
            if epoch == inverted_at[run]:
                torch.as_tensor(found.at_inversion[run])[own] = parts
    return found


def ledger_table(found: Ledger, runs: pd.DataFrame) -> pd.DataFrame:
    """The ``ledger`` table: one row a run and epoch. ``change`` of D to the next epoch; null after the last.

    ``runs``: the address columns and the seed of every run, and what was removed.
    """
    change = np.diff(found.distance, axis=0, append=np.nan)
    columns = {"D": found.distance, "change": change, "stragglers": found.stragglers, "others": found.others}
    epochs = np.arange(len(change))
    return pd.concat(
        [
            pd.DataFrame(
                {**dict(row), "epoch": epochs, **{name: values[:, number] for name, values in columns.items()}}
            )
            for number, (_, row) in enumerate(runs.iterrows())
        ],
        ignore_index=True,
    )[[*LEDGER]]


def overlap(parts: np.ndarray, stragglers: np.ndarray) -> float:
    """Jaccard index of a run's stragglers, booleans (P,), with as many points of the most negative C_j (P,)."""
    size = int(stragglers.sum())
    lowest = np.zeros_like(stragglers)
    lowest[np.argsort(parts, kind="stable")[:size]] = True
    return float((lowest & stragglers).sum() / (lowest | stragglers).sum())


def ledger_runs_table(
    found: Ledger, runs: pd.DataFrame, stragglers: np.ndarray, inverted_at: Sequence[int | None], detection: Detection
) -> pd.DataFrame:
    """The ``ledger_runs`` table: one row a run; null where it does not invert.

    ``correlation`` of ΔD with η Σ C over all epochs; ``crossing``: when D as the sum of its contributions turns;
    ``overlap``: that of :func:`overlap` at t*, by chance ``overlap_chance``; ``pull``: the stragglers' share of the sum
    of all negative C_j at t*; ``against``: share of the epochs up to t*, the burn-in apart, at which they lower D
    together; ``balance``: what they add to D at t* over what the others add, -1 where the two cancel.
    """
    rows = []
    for number, (_, row) in enumerate(runs.iterrows()):
        own, epoch, parts = stragglers[number], inverted_at[number], found.at_inversion[number]
        pulled, added = found.stragglers[:, number], found.stragglers[:, number] + found.others[:, number]
        change = np.diff(found.distance[:, number])
        summed = found.distance[0, number] + np.concatenate([[0.0], added[:-1].cumsum()])
        crossing = find_inversion(summed, "max", detection).epoch
        measured = dict(row) | {
            "epoch": pd.NA if epoch is None else epoch,
            "n_stragglers": int(own.sum()),
            "correlation": float(np.corrcoef(change, added[:-1])[0, 1]),
            "crossing": pd.NA if crossing is None else crossing,
        }
        if epoch is not None and own.any():
            # Of a run that learns from the others only, its own stragglers add nothing.
            present = np.isfinite(parts)
            negative = parts[present & (parts < 0)].sum()
            measured |= {
                "overlap": overlap(parts[present], own[present]),
                "overlap_chance": own.sum() / (2 * present.sum() - own.sum()),
                "pull": parts[present & own & (parts < 0)].sum() / negative,
                "against": float((pulled[detection.burn_in + 1 : epoch + 1] < 0).mean()),
                "balance": pulled[epoch] / found.others[epoch, number],
            }
        rows.append(measured)
    return pd.DataFrame(rows, columns=list(LEDGER_RUNS)).astype({"epoch": "Int32", "crossing": "Int32"})


def ledgers(
    dataset: Dataset,
    network: Network,
    optimizer: Optimizer,
    protocol: Protocol,
    trajectory: Trajectory,
    inversions: pd.DataFrame,
    detection: Detection,
    address: Mapping[str, Any],
    name: str = "networks",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ``ledger`` and ``ledger_runs`` tables of a trajectory's runs, and of those that invert without stragglers.

    ``inversions``: the rows that define their stragglers. Raises :class:`InputError` as :func:`refuse` does.
    """
    at_inversion = inversions.set_index("run").loc[range(len(trajectory.runs))]
    turned = at_inversion["found"].to_numpy(bool)
    stragglers = np.zeros((len(turned), trajectory.n_samples), bool)
    stragglers[turned] = trajectory.sets(at_inversion["epoch"][turned].to_numpy(int), np.flatnonzero(turned))
    inverted_at = [int(epoch) if found else None for epoch, found in zip(at_inversion["epoch"], turned, strict=True)]
    kinds = {"none": (slice(None), None)} | ({"stragglers": (turned, stragglers[turned])} if turned.any() else {})
    tables = []
    for removed, (chosen, left_out) in kinds.items():
        runs = at_inversion.loc[chosen, ["layer", "seed"]].assign(**address, removed=removed)
        # Without its stragglers a run has none, and what its points add is asked at the turn that it has, if any.
        own, when = (stragglers, inverted_at) if removed == "none" else (np.zeros_like(left_out), [None] * len(runs))
        found = ledger(
            *(dataset, network, optimizer, protocol, runs["seed"].tolist(), own, when),
            *(int(runs["layer"].iloc[0]), left_out, name),
        )
        tables.append((ledger_table(found, runs), ledger_runs_table(found, runs, own, when, detection)))
    of_epochs, of_runs = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    return of_epochs, of_runs
