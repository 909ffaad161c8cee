"""What runs ask of a machine at least, from the configuration alone: a typo of some zeros asks for terabytes."""

from dataclasses import dataclass

from ..spec.specification import KEYS, PLANTED, Dataset, Network, Protocol, parse_seeds
from ..support.errors import InputError
from .sizes import SOURCES, Size, n_parameters
from .study import Study

N_FEATURES = {source: size.n_pixels for source, size in SOURCES.items() if source != "sklearn"}
"""Inputs of a network for the sources whose images have one size, channels summed."""
COPIES = 3
"""Parameters, their gradients and one more in the optimiser or on the way."""


@dataclass(frozen=True)
class Footprint:
    """Bytes, each a lower bound."""

    memory: int
    disk: int


def footprint(dataset: Dataset, network: Network, protocol: Protocol, n_runs: int) -> Footprint:
    """Of one ensemble: its data, parameters and errors in memory, its trajectory on disk, in single precision."""
    inputs, n_points = N_FEATURES.get(dataset.source, 1), 0
    if dataset.planted:
        inputs, n_points = dataset.planted["n_features"], dataset.planted["n_train"] + dataset.planted["n_test"]
    parameters = n_parameters(network, Size(0, 0, inputs))
    scalars = 3 * (protocol.epochs + 1)
    gram = 2 * dataset.least_groups**2 * len(network.hidden_layers) * (protocol.epochs + 1)
    return Footprint(
        memory=4 * n_runs * (COPIES * parameters + scalars) + 4 * n_points * inputs,
        disk=4 * n_runs * (scalars + gram),
    )


def refuse_beyond(study: Study, memory: float, disk: float) -> None:
    """Raise :class:`InputError` for an ensemble that needs more bytes, naming the key of unusual size."""
    jobs = [(cell, block, None) for cell, blocks in study.blocks.items() for block in blocks]
    jobs += [(cell, block, plan) for (cell, block), plan in study.ablations.items()]
    for cell, block, plan in jobs:
        dataset, network, n_seeds = (
            study.datasets[cell.dataset],
            study.networks[cell.network],
            len(parse_seeds(block)),
        )
        repeats = 1 + (
            2 * plan.random_draws + min(plan.grid, study.protocol.epochs) + len(plan.fractions) if plan else 0
        )
        need = footprint(dataset, network, study.protocol, n_seeds * repeats)
        for kind, limit in (("memory", memory), ("disk", disk)):
            if (bytes_ := getattr(need, kind)) > limit:
                sizes = {
                    "training.epochs": study.protocol.epochs / 500,
                    **{
                        f"networks.{cell.network}.{key}": getattr(network, key) / usual
                        for key, usual in (("width", 20), ("depth", 2))
                        if key in KEYS[network.kind]
                    },
                    **{
                        f"networks.{cell.network}.stages.{number}.{key}": getattr(stage, key) / usual
                        for number, stage in enumerate(network.stages)
                        for key, usual in (("channels", 16), ("kernel", 5))
                        if "stages" in KEYS[network.kind]
                    },
                    "runs, seeds": n_seeds / 20,
                    "ablations, random_draws": plan.random_draws / 3 if plan else 0,
                    "ablations, grid": plan.grid / 8 if plan else 0,
                    **{
                        f"datasets.{cell.dataset}.planted.{key}": dataset.planted[key] / PLANTED[key]
                        for key in ("n_features", "n_train", "n_test")
                        if dataset.planted
                    },
                }
                raise InputError(
                    f"config, {max(sizes, key=sizes.get)}: seeds {block} of {cell.dataset}, {cell.network}, "
                    f"{cell.optimizer} need {bytes_ / 1e9:.3g} GB of {kind} or more, and this machine has "
                    f"{limit / 1e9:.3g} (make it smaller)"
                )
