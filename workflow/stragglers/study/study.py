"""A study: one configuration, checked, and the runs it asks for with their addresses.

Shared runs live under ``runs/{dataset}/{network}/{optimizer}/seeds-{block}``, where each part is the
config's name and a hash of what its entry says without defaults (:func:`.canonical.address`).
Two studies share a run if its dataset, network and optimiser bear the same names and say the same;
``momentum: 0``, torch's own default, is not known to say nothing.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from itertools import product
from typing import Any

from ..data import datasets, own, tasks
from ..spec.canonical import address, canonical
from ..spec.own import OwnDataset, as_trained
from ..spec.specification import AblationPlan, Dataset, Defining, Detection, parse_seeds
from ..spec.until import UntilInversion, protocol_of
from ..support.errors import InputError
from .cell import REFERENCE, Cell
from .entries import dataset_of, network_of, optimizer_of, titles_of
from .families import expanded
from .seeds import refuse_seeds


def _pick(kind: type, entry: Mapping[str, Any]) -> Any:
    """The keys of ``entry`` that ``kind`` has, as one of it."""
    return kind(**{f.name: entry[f.name] for f in fields(kind) if f.name in entry})


def _planned(known: Mapping[str, Any], address: str) -> Any:
    """What ``address`` means. A job reads the study and its data anew, and they may be others by then."""
    if address not in known:
        raise InputError(
            f"{address} was planned, and is not of this study as it stands now: its configuration or an own "
            "file changed on the way; run the same command again"
        )
    return known[address]


def consensus_source(cell: Cell, plan: AblationPlan) -> tuple[Cell, range]:
    """The cell and seeds whose consensus stragglers an ablation of ``cell`` removes."""
    source = plan.consensus_from
    other = Cell(cell.dataset, source.get("network", cell.network), source.get("optimizer", cell.optimizer))
    return other, parse_seeds(source["seeds"])


class Study:
    """Names -> specifications, cells -> blocks of seeds, and the address of each.

    ``prepared``: datasets that were prepared before. Their raw data are not looked at again, and may
    be gone. With ``reads_data=False`` no raw data are looked at, for what needs none; an own file
    that is gone then has no address.

    Raises :class:`InputError` for a name that is used but not defined, a seed that stands in two
    blocks of a cell, an ablation without the runs it repeats, or a missing or damaged local data file.
    """

    def __init__(self, config: Mapping[str, Any], prepared: Sequence[Dataset] = (), reads_data: bool = True):
        self.name: str = config["study"]
        self.data_dir: str = os.path.expanduser(config.get("data_dir", "data"))
        if "$" in self.data_dir and not os.path.exists(self.data_dir):
            raise InputError(f"config, data_dir: {self.data_dir} holds a variable (write ~, or the folder itself)")
        self.config = config = expanded(config)
        self.question: str | None = config.get("question")
        self.prepared, self.reads_data = prepared, reads_data
        self.titles, self.network_titles, self.optimizer_titles = (
            titles_of(config[section]) for section in ("datasets", "networks", "optimizers")
        )
        self.vectors: set[str] = set()
        self.datasets = {name: self._dataset(name, entry) for name, entry in config["datasets"].items()}
        self.networks = {name: network_of(name, entry, reads_data) for name, entry in config["networks"].items()}
        self.optimizers = {name: optimizer_of(name, entry) for name, entry in config["optimizers"].items()}
        self.protocol = protocol_of(**config["training"])
        inversion = config.get("inversion", {})
        self.detection = _pick(Detection, inversion)
        self.defining = _pick(Defining, inversion)
        self.blocks = self._collect_blocks()
        self._refuse_observable()
        self.ablations = self._collect_ablations()
        self._refuse_other_lengths()

    def _dataset(self, name: str, entry: Mapping[str, Any]) -> Dataset:
        dataset = dataset_of(name, entry, self.data_dir, self.prepared)
        try:
            tasks.groups(dataset.task, [])
            dataset = replace(dataset, content=self._content(dataset))
            shape = None
            if self.reads_data and dataset not in self.prepared:
                shape = (own if isinstance(dataset, OwnDataset) else datasets).check(dataset, self.data_dir)
            if dataset.planted or (shape and len(shape) == 1):
                self.vectors.add(name)
        except InputError as error:
            raise InputError(f"config, datasets.{name}: {error}") from error
        return dataset

    def _content(self, dataset: Dataset) -> str | None:
        """What identifies a user's own file; of one that is gone, what it was when it was prepared."""
        try:
            if isinstance(dataset, OwnDataset):
                return own.content(dataset, self.data_dir)
            return datasets.content(dataset.source, dataset.file, self.data_dir)
        except InputError:
            known = [other.content for other in self.prepared if replace(other, content=None) == dataset]
            if self.reads_data and not known:
                raise
            return known[-1] if known else None

    def _refuse_observable(self) -> None:
        """Raise :class:`InputError` for stragglers that would be defined by what a dataset with runs does not have."""
        for name in dict.fromkeys(cell.dataset for cell in self.blocks):
            if self.defining.observable in ("R_minus", "R_plus") and self.datasets[name].of_many_groups:
                raise InputError(
                    f"config, inversion.observable: {self.defining.observable} is of two groups, and the task of "
                    f"{name} is {self.datasets[name].task_name} (take D or R)"
                )

    @property
    def decision(self) -> tuple[Defining, Detection] | tuple[()]:
        """What decides for how many epochs runs train, where ``training.until`` leaves it open."""
        return (self.defining, self.detection) if isinstance(self.protocol, UntilInversion) else ()

    def _refuse_other_lengths(self) -> None:
        """Raise :class:`InputError` where runs that are compared epoch by epoch would train for epochs of their own."""
        several = [cell for cell, blocks in self.blocks.items() if len(blocks) > 1]
        if self.decision and (several or self.ablations):
            what = f"{several[0].dataset} has several" if several else "ablations are of one length"
            raise InputError(
                f"config, training.until: each block of seeds ends at an epoch of its own, and {what} (leave it out, "
                "or make it one block without ablations)"
            )

    def _cells(self, section: str, number: int, entry: Mapping[str, Any]) -> list[Cell]:
        names = {f"{part}s": [name] for part, name in REFERENCE.items()}
        names |= {key: entry[key] for key in ("datasets", "networks", "optimizers") if key in entry}
        for key, defined in (
            ("datasets", self.datasets),
            ("networks", self.networks),
            ("optimizers", self.optimizers),
        ):
            for name in names[key]:
                if name not in defined:
                    raise InputError(
                        f"config, {section}.{number}.{key}: {name!r} is not defined; `{key}` has {', '.join(defined)}"
                    )
        for dataset, network in product(names["datasets"], names["networks"]):
            if dataset in self.vectors and self.networks[network].kind == "convolutional":
                raise InputError(
                    f"config, {section}.{number}.networks: {network} is convolutional and needs images, and the "
                    f"samples of {dataset} are vectors (take another network, or store images)"
                )
        return [
            Cell(dataset, network, optimizer)
            for dataset in names["datasets"]
            for network in names["networks"]
            for optimizer in names["optimizers"]
        ]

    def _collect_blocks(self) -> dict[Cell, list[str]]:
        blocks: dict[Cell, list[str]] = {}
        for number, entry in enumerate(self.config["runs"]):
            for cell in self._cells("runs", number, entry):
                for block in map(str, entry["seeds"]):
                    refuse_seeds(block, f"config, runs.{number}.seeds")
                    taken = {seed for other in blocks.get(cell, []) for seed in parse_seeds(other)}
                    if block in blocks.get(cell, []):
                        continue
                    if twice := sorted(taken & set(parse_seeds(block))):
                        raise InputError(
                            f"config, runs.{number}.seeds: seed {twice[0]} of {block!r} is already in another block of "
                            f"{cell.dataset}, {cell.network}, {cell.optimizer}; use the same blocks, or disjoint ones"
                        )
                    blocks.setdefault(cell, []).append(block)
        return blocks

    def _collect_ablations(self) -> dict[tuple[Cell, str], AblationPlan]:
        ablations: dict[tuple[Cell, str], AblationPlan] = {}
        for number, entry in enumerate(self.config.get("ablations", [])):
            plan = _pick(AblationPlan, entry)
            for cell in self._cells("ablations", number, entry):
                for block in map(str, entry["seeds"]):
                    where = f"config, ablations.{number}.seeds"
                    refuse_seeds(block, where)
                    others = [parse_seeds(other) for ablated, other in ablations if ablated == cell]
                    if twice := sorted({*parse_seeds(block)}.intersection(seed for seeds in others for seed in seeds)):
                        raise InputError(
                            f"{where}: seed {twice[0]} of {block!r} is already ablated in another block of "
                            f"{cell.dataset}, {cell.network}, {cell.optimizer}; merge the two, or use disjoint blocks"
                        )
                    self.blocks_with(cell, parse_seeds(block), where)
                    if plan.consensus_from:
                        where = f"config, ablations.{number}.consensus_from"
                        refuse_seeds(plan.consensus_from["seeds"], f"{where}.seeds")
                        self.blocks_with(*consensus_source(cell, plan), where)
                    ablations[cell, block] = plan
        return ablations

    def blocks_with(self, cell: Cell, seeds: range, where: str = "seeds") -> list[str]:
        """The blocks of ``cell`` that hold ``seeds``."""
        blocks = [block for block in self.blocks.get(cell, []) if set(parse_seeds(block)) & set(seeds)]
        held = {seed for block in blocks for seed in parse_seeds(block)}
        if missing := sorted(set(seeds) - held):
            raise InputError(
                f"{where}: {cell.dataset}, {cell.network}, {cell.optimizer} has no run of seed {missing[0]}; "
                "add it to `runs`"
            )
        return blocks

    @cached_property
    def main_datasets(self) -> dict[str, list[str]]:
        """Main dataset -> itself and its subsamples.

        The first dataset of a source and task in ``datasets`` that has runs is the main one; others of the
        same are subsamples. Of planted data, the first source of each kind stands for that kind; the others are
        in no family.
        """
        families: dict[tuple[str, str], list[str]] = {}
        kinds: dict[str, str] = {}
        with_runs = {cell.dataset for cell in self.blocks}
        for name in (name for name in self.datasets if name in with_runs):
            dataset = self.datasets[name]
            source = dataset.source_name
            if dataset.planted and kinds.setdefault(dataset.planted["kind"], source) != source:
                continue
            families.setdefault((source, dataset.task_name), []).append(name)
        return {names[0]: names for names in families.values()}

    @cached_property
    def batch_orders(self) -> dict[str, str]:
        """Optimiser -> the first that differs from it in the order of its mini-batches only.

        The reference is first of all, the others come as in ``optimizers``.
        """
        first: dict[str, str] = {}
        return {
            name: first.setdefault(canonical(replace(self.optimizers[name], batch_seed=0)), name)
            for name in sorted(self.optimizers, key=lambda name: name != REFERENCE["optimizer"])
        }

    def cell_address(self, cell: Cell) -> str:
        """``{dataset}/{network}/{optimizer}`` with hashes."""
        return "/".join(
            (
                self.dataset_address(cell.dataset),
                address(cell.network, self.networks[cell.network]),
                address(cell.optimizer, self.optimizers[cell.optimizer], self.protocol, *self.decision),
            )
        )

    def dataset_address(self, name: str) -> str:
        return address(name, self.datasets[name])

    def run_address(self, cell: Cell, block: str) -> str:
        """Address of a block's trajectory below ``results/``; shared between studies."""
        return f"runs/{self.cell_address(cell)}/seeds-{block}"

    def ablation_address(self, cell: Cell, block: str) -> str:
        """Address of a block's retrainings below ``results/``; this study's own.

        A study of scores has them in a folder of another name, as it chooses the points that are left out otherwise.
        """
        folder = "removals" if self.question == "scores" else "ablations"
        return f"{self.name}/{folder}/{self.cell_address(cell)}/seeds-{block}"

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Address -> cell."""
        return {self.cell_address(cell): cell for cell in self.blocks}

    def cell(self, wildcards: Any) -> Cell:
        """The cell that a job's wildcards ``dataset, network, optimizer`` mean."""
        return _planned(self.cells, f"{wildcards.dataset}/{wildcards.network}/{wildcards.optimizer}")

    def cell_of_run(self, run: str) -> Cell:
        """The cell of a block's address, that of :meth:`run_address` or :meth:`ablation_address`."""
        return _planned(self.cells, "/".join(run.split("/")[-4:-1]))

    def dataset_specification(self, dataset_address: str) -> Dataset:
        return _planned({self.dataset_address(name): spec for name, spec in self.datasets.items()}, dataset_address)

    def run_columns(self, cell: Cell) -> dict[str, str]:
        """The address columns that every table row of the cell carries."""
        dataset = self.datasets[cell.dataset]
        return {
            "dataset": cell.dataset,
            "source": dataset.source_name,
            "task": dataset.task_name,
            "subset": dataset.subset_name,
            "network": cell.network,
            "optimizer": cell.optimizer,
        }

    def training_specification(self, cell: Cell) -> str:
        """All that a run's numbers depend on beside its seed, as one param stable under rewording."""
        dataset = Dataset(**as_trained(self.datasets[cell.dataset]))
        return canonical(dataset, self.networks[cell.network], self.optimizers[cell.optimizer], self.protocol)
