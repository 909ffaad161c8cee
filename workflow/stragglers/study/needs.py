"""What the jobs of a study take, rule by rule: :mod:`.resources` applied to its runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from ..spec.flipped import FlippedDataset
from ..spec.own import OwnDataset
from ..spec.specification import parse_seeds
from . import resources
from .cell import REFERENCE, Cell
from .resources import Need
from .sizes import Size, size_of
from .study import Study

PREPARES = {OwnDataset: "own", FlippedDataset: "flipped"}
ABLATES = {"scores": "score_ablate"}
"""Kind of dataset, and question, -> the rule that prepares or retrains instead of the usual one."""
REPLAY, LEDGER = 3, 12
"""How much longer a training takes where each point's part in every step is asked for, too, or a ledger's terms."""
LENSES, MAPS = 5, 60
"""Seconds of all lenses on a layer of a run; of the maps, most of it for what they compile."""


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

    def replaying(self, rule: str, cell: Cell, block: str) -> Need:
        """Of a training that is gone through again to ask its networks what it does not keep, on the CPU."""
        trained = self.training(cell, block)
        layers = len(parse_seeds(block)) * len(self.study.networks[cell.network].hidden_layers)
        more = {"lenses": LENSES * layers, "lenses_maps": MAPS}.get(rule, 0)
        seconds = (LEDGER if rule == "ledger" else REPLAY) * trained.seconds + more
        return Need(seconds, memory=2 * trained.memory)

    def predicting(self, cell: Cell) -> Need:
        """Of all runs of a cell, trained again up to their inversions."""
        blocks = [self.training(cell, block) for block in self.study.blocks[cell]]
        return Need(sum(need.seconds for need in blocks), max(need.memory for need in blocks))

    def preparing(self, dataset: str) -> Need:
        whole = size_of(replace(self.study.datasets[dataset], subset=None), self.study.data_dir)
        return resources.preparing(self.size(dataset), whole)

    def comparing(self, cell: Cell) -> Need:
        return resources.comparing(self.size(cell.dataset), self.study.protocol, self.n_runs(cell))

    def characterising(self, cell: Cell) -> Need:
        """Of a task and its runs: linear classifiers and distances of its points, and what the runs share."""
        classifiers, sets = resources.fitting(self.size(cell.dataset)), self.comparing(cell)
        return Need(classifiers.seconds + sets.seconds, classifiers.memory + sets.memory)

    @cached_property
    def _summary(self) -> Need:
        points = sum(self.size(cell.dataset).n_train for cell in self.study.blocks)
        largest = max(self.n_runs(cell) for cell in self.study.blocks) * self.study.protocol.epochs
        runs = sum(map(self.n_runs, self.study.blocks))
        need = resources.summing_up(points + largest + 100 * runs)
        # Its figure is drawn by what has the lenses, and torch.
        return replace(need, memory=need.memory + resources.IMPORTS_TORCH) if self.study.question == "lenses" else need

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

    def replay(self, rule: str) -> Callable[[Any], Need]:
        """Of the rules that do so, by name."""

        def need(wildcards: Any) -> Need:
            return self.replaying(rule, self.study.cell_of_run(wildcards.run), wildcards.run.rpartition("/seeds-")[2])

        return need

    def score_margins(self, wildcards: Any) -> Need:
        return resources.cross_fitting(self.size(self._dataset(wildcards.dataset)))

    def predict(self, wildcards: Any) -> Need:
        return self.predicting(self.study.cell(wildcards))

    def stragglers(self, wildcards: Any) -> Need:
        """Of the rule of that name, and of ``conservation``."""
        return self.comparing(self.study.cell(wildcards))

    def tasks(self, wildcards: Any) -> Need:
        return self.characterising(self.study.cell(wildcards))

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
        study, threads = self.study, self.study.config["training"].get("threads", 1)
        for dataset in dict.fromkeys(cell.dataset for cell in study.blocks):
            yield PREPARES.get(type(study.datasets[dataset]), "prepare"), self.preparing(dataset), 1
        for cell, blocks in study.blocks.items():
            for block in blocks:
                yield "train_until" if study.decision else "train", self.training(cell, block), threads
        for cell, block in study.ablations:
            yield ABLATES.get(study.question, "ablate"), self.training(cell, block, ablated=True), threads
        of_question = {"ledger": self._of_ledger, "lenses": self._of_lenses, "scores": self._of_scores}
        of_question |= {"tasks": self._of_tasks, "classes": self._of_classes, None: self._of_paper}
        of_question |= {"convolutions": self._of_convolutions}
        for rule, need in of_question[study.question]():
            yield rule, need, threads if rule == "predictions" else 1

    def _inversions(self) -> Iterator[tuple[str, Need]]:
        for cell, blocks in self.study.blocks.items():
            yield from (("inversion", self.observing(cell, block)) for block in blocks)
        yield from (("inversion", self.observing(*key, ablated=True)) for key in self.study.ablations)

    def _of_paper(self) -> Iterator[tuple[str, Need]]:
        study = self.study
        yield from self._inversions()
        for dataset in dict.fromkeys(cell.dataset for cell in study.blocks):
            yield "linear", resources.fitting(self.size(dataset))
        for cell, blocks in study.blocks.items():
            yield from (("observables", self.observing(cell, block)) for block in blocks)
            yield "stragglers", self.comparing(cell)
            yield "conservation", self.comparing(cell)
        yield from (("observables", self.observing(*key, ablated=True)) for key in study.ablations)
        yield from (("predictions", self.predicting(cell)) for cell in self._reference()[:1])

    def _of_classes(self) -> Iterator[tuple[str, Need]]:
        study = self.study
        yield from self._inversions()
        for dataset in dict.fromkeys(cell.dataset for cell in study.blocks):
            yield "linear", resources.fitting(self.size(dataset))
        yield from (("stragglers", self.comparing(cell)) for cell in study.blocks)
        for cell in self._reference():
            dataset = study.datasets[cell.dataset]
            # Compared with the runs of parity on the same images.
            if dataset.task == "classes" and replace(dataset, task="parity") in study.datasets.values():
                yield "predictions", self.predicting(cell)
                yield "classes_points", self.comparing(cell)

    def _of_convolutions(self) -> Iterator[tuple[str, Need]]:
        yield from self._inversions()
        for cell, blocks in self.study.blocks.items():
            flipped = isinstance(self.study.datasets[cell.dataset], FlippedDataset)
            for rule in ("observables", "convolutions", *(("convolutions_flips",) if flipped else ())):
                yield from ((rule, self.observing(cell, block)) for block in blocks)

    def _of_ledger(self) -> Iterator[tuple[str, Need]]:
        yield from self._inversions()
        for cell in self._reference():
            yield from (("ledger", self.replaying("ledger", cell, block)) for block in self.study.blocks[cell])
        for cell, blocks in self.study.blocks.items():
            if self.study.networks[cell.network].activation == "linear":
                for rule in ("observables", "vanishing"):
                    yield from ((rule, self.observing(cell, block)) for block in blocks)

    def _of_lenses(self) -> Iterator[tuple[str, Need]]:
        yield from self._inversions()
        for cell in self._reference():
            yield from (("lenses", self.replaying("lenses", cell, block)) for block in self.study.blocks[cell])
            yield "lenses_maps", self.replaying("lenses_maps", cell, self.study.blocks[cell][0])

    def _of_scores(self) -> Iterator[tuple[str, Need]]:
        yield from self._inversions()
        for reference in self._reference():
            yield "score_margins", resources.cross_fitting(self.size(reference.dataset))
            yield "scores", self._summary
            for cell, blocks in self.study.blocks.items():
                if (cell.dataset, cell.optimizer) == (reference.dataset, reference.optimizer):
                    yield from (("score_runs", self.replaying("score_runs", cell, block)) for block in blocks)
        yield from (("score_removal", self.observing(*key, ablated=True)) for key in self.study.ablations)

    def _of_tasks(self) -> Iterator[tuple[str, Need]]:
        for cell in self.study.blocks:
            if cell == Cell(cell.dataset, **REFERENCE):
                yield "tasks", self.characterising(cell)

    def _reference(self) -> list[Cell]:
        """The reference runs of all datasets that have them, of the first to begin with."""
        families = self.study.main_datasets.values()
        cells = (Cell(name, **REFERENCE) for family in families for name in family)
        return [cell for cell in cells if cell in self.study.blocks]
