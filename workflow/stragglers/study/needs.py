"""What the jobs of a study take, rule by rule: :mod:`.resources` applied to its runs."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from ..spec.specification import parse_seeds
from . import resources
from .cell import Cell
from .resources import Need
from .sizes import Size, size_of
from .study import Study

REPLAY = 3
"""How much longer a training takes where each point's part in every step is asked for, too."""


class Needs:
    """Rule -> its needs, given a job's wildcards. Rules that are not named here sum up the study: :meth:`summary`."""

    def __init__(self, study: Study):
        self.study = study
        self.on_gpu = study.config["training"].get("device") == "cuda"
        self.size = cache(self._size)

    def _size(self, dataset: str) -> Size:
        return size_of(self.study.datasets[dataset], self.study.data_dir)

    def n_groups(self, dataset: str) -> int:
        """Ten where only the data tell how many."""
        specification = self.study.datasets[dataset]
        return max(specification.least_groups, 10 if specification.of_many_groups else 2)

    def n_runs(self, cell: Cell) -> int:
        return sum(len(parse_seeds(block)) for block in self.study.blocks[cell])

    def n_trained(self, cell: Cell, block: str, ablated: bool) -> int:
        """Runs of a block, or those that repeat it without some points."""
        plan = self.study.ablations[cell, block] if ablated else None
        return len(parse_seeds(block)) * resources.n_retrainings(plan, self.study.protocol)

    def training(self, cell: Cell, block: str, ablated: bool = False) -> Need:
        return resources.training(
            self.size(cell.dataset),
            self.study.networks[cell.network],
            self.study.optimizers[cell.optimizer],
            self.study.protocol,
            self.n_trained(cell, block, ablated),
            self.n_groups(cell.dataset),
            self.on_gpu,
        )

    def observing(self, cell: Cell, block: str, ablated: bool = False) -> Need:
        return resources.observing(
            self.study.networks[cell.network],
            self.study.protocol,
            self.n_trained(cell, block, ablated),
            self.n_groups(cell.dataset),
        )

    def preparing(self, dataset: str) -> Need:
        whole = size_of(replace(self.study.datasets[dataset], subset=None), self.study.data_dir)
        return resources.preparing(self.size(dataset), whole)

    def comparing(self, cell: Cell) -> Need:
        return resources.comparing(self.size(cell.dataset), self.study.protocol, self.n_runs(cell))

    @cached_property
    def _summary(self) -> Need:
        points = sum(self.size(cell.dataset).n_train for cell in self.study.blocks)
        largest = max(self.n_runs(cell) for cell in self.study.blocks) * self.study.protocol.epochs
        runs = sum(map(self.n_runs, self.study.blocks))
        return resources.summing_up(points + largest + 100 * runs)

    def train(self, wildcards: Any) -> Need:
        return self.training(self.study.cell(wildcards), wildcards.seeds)

    def ablate(self, wildcards: Any) -> Need:
        return self.training(self.study.cell(wildcards), wildcards.seeds, ablated=True)

    def prepare(self, wildcards: Any) -> Need:
        return self.preparing(self._dataset(wildcards.dataset))

    def linear(self, wildcards: Any) -> Need:
        return resources.fitting(self.size(self._dataset(wildcards.dataset)))

    def observables(self, wildcards: Any) -> Need:
        """Of the rule of that name, and of ``inversion``."""
        ablated = not wildcards.run.startswith("runs/")
        block = wildcards.run.rpartition("/seeds-")[2]
        return self.observing(self.study.cell_of_run(wildcards.run), block, ablated)

    def replay(self, wildcards: Any) -> Need:
        """Of a training that is gone through again to ask its networks what it does not keep, on the CPU."""
        cell, block = self.study.cell_of_run(wildcards.run), wildcards.run.rpartition("/seeds-")[2]
        trained = self.training(cell, block)
        return replace(trained, seconds=REPLAY * trained.seconds, memory=2 * trained.memory)

    def predict(self, wildcards: Any) -> Need:
        """Of all runs of a cell, trained again up to their inversions."""
        cell = self.study.cell(wildcards)
        blocks = [self.training(cell, block) for block in self.study.blocks[cell]]
        return Need(sum(need.seconds for need in blocks), max(need.memory for need in blocks))

    def stragglers(self, wildcards: Any) -> Need:
        """Of the rule of that name, and of ``conservation``."""
        return self.comparing(self.study.cell(wildcards))

    def summary(self, wildcards: Any) -> Need:
        """Of a table, a figure or a page of the whole study."""
        return self._summary

    def _dataset(self, address: str) -> str:
        return self._names[address]

    @cached_property
    def _names(self) -> dict[str, str]:
        return {self.study.dataset_address(name): name for name in self.study.datasets}

    def jobs(self) -> Iterator[tuple[str, Need, int]]:
        """Rule, need and threads of every job whose number grows with the study."""
        threads = self.study.config["training"].get("threads", 1)
        for dataset in dict.fromkeys(cell.dataset for cell in self.study.blocks):
            yield "prepare", self.preparing(dataset), 1
            yield "linear", resources.fitting(self.size(dataset)), 1
        for cell, blocks in self.study.blocks.items():
            for block in blocks:
                yield "train", self.training(cell, block), threads
                yield "observables", self.observing(cell, block), 1
                yield "inversion", self.observing(cell, block), 1
            yield "stragglers", self.comparing(cell), 1
            yield "conservation", self.comparing(cell), 1
        for cell, block in self.study.ablations:
            yield "ablate", self.training(cell, block, ablated=True), threads
            yield "observables", self.observing(cell, block, ablated=True), 1
            yield "inversion", self.observing(cell, block, ablated=True), 1
