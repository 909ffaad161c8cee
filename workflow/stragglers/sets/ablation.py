"""Which points each retraining leaves out. Removal is a 0/1 weight per (run, point)."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..data.datasets import Dataset
from ..geometry.inversion import defining_inversions
from ..spec.specification import AblationPlan, Defining
from ..support.columns import ABLATION, ADDRESS
from ..training.trajectory import Trajectory, logarithmic_epochs
from .stragglers import straggler_rate, straggler_sets

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Removal:
    """One retraining: the run it repeats and what it leaves out."""

    seed: int
    removed: str
    """A key of the tables' ``removed``: ``none``, ``stragglers``, ``random`` (class by class as many as the
    stragglers), ``uniform`` (as many in all), ``misclassified_at``, ``consensus``, ``other_seed`` or
    ``top_stragglers``."""
    points: np.ndarray
    """Booleans (P,): the points left out."""
    draw: int = 0
    """Number among the removals of its kind from this run: which random draw, which S(t)."""
    removed_error: float = np.nan
    """Training error ε(t) of the removed set S(t), where it is one run's."""

    @property
    def row(self) -> dict[str, Any]:
        """What the tables say of this removal."""
        return {
            "seed": self.seed,
            "removed": self.removed,
            "draw": self.draw,
            "n_removed": int(self.points.sum()),
            "removed_fraction": float(self.points.mean()),
            "removed_error": self.removed_error,
        }


def random_like(points: np.ndarray, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many random points as ``points`` holds, class by class; booleans (P,)."""
    drawn = np.zeros_like(points)
    for c in np.unique(classes[points]):
        members = np.flatnonzero(classes == c)
        drawn[rng.choice(members, int(points[members].sum()), replace=False)] = True
    return drawn


def uniform_like(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many random points as ``points`` holds, whatever their class; booleans (P,)."""
    return rng.permutation(points)


def most_frequent(points: np.ndarray, rate: np.ndarray, fraction: float) -> np.ndarray:
    """The ``fraction`` of ``points`` with the highest straggler ``rate`` (P,), ties by index; booleans (P,)."""
    members = np.flatnonzero(points)
    ranked = members[np.argsort(-rate[members], kind="stable")]
    chosen = np.zeros_like(points)
    chosen[ranked[: round(fraction * len(members))]] = True
    return chosen


def removals_of_run(
    seed: int,
    sets: np.ndarray,
    train_error: np.ndarray,
    inversion_epoch: int | None,
    classes: np.ndarray,
    random_draws: int,
    grid: Sequence[int],
) -> list[Removal]:
    """The retrainings of one run (the paper's Fig. 2 a, c): nothing, stragglers, random points, S(t).

    ``sets`` (epochs + 1, P) booleans and ``train_error`` (epochs + 1,) are the run's own. Without an
    inversion there are no stragglers, and no random points to match them. An empty S(t) is left
    out: removing it is removing nothing.
    """
    removals = [Removal(seed, "none", np.zeros(sets.shape[1], bool))]
    if inversion_epoch is not None and sets[inversion_epoch].any():
        stragglers = sets[inversion_epoch]
        removals.append(Removal(seed, "stragglers", stragglers, removed_error=float(train_error[inversion_epoch])))
        for draw in range(random_draws):
            rng = np.random.default_rng([seed, draw])
            removals.append(Removal(seed, "random", random_like(stragglers, classes, rng), draw=draw))
            removals.append(Removal(seed, "uniform", uniform_like(stragglers, rng), draw=draw))
    for number, epoch in enumerate(grid):
        if sets[epoch].any():
            error = float(train_error[epoch])
            removals.append(Removal(seed, "misclassified_at", sets[epoch], draw=number, removed_error=error))
    return removals


def removals(
    seeds: Sequence[int],
    trajectories: Sequence[Trajectory],
    inversions: Sequence[pd.DataFrame],
    plan: AblationPlan,
    defining: Defining,
    dataset: Dataset,
    consensus: np.ndarray | None = None,
) -> list[Removal]:
    """All retrainings of the runs of ``seeds``, whose blocks are given with their inversions.

    ``consensus`` (P,) is a set to remove from every run beside. What would leave one label without
    points is left out, with a message.
    """
    grid = logarithmic_epochs(len(trajectories[0].loss) - 1, plan.grid) if plan.grid else []
    rate = straggler_rate(straggler_sets(trajectories, inversions, defining).sets)
    by_seed = stragglers_by_seed(trajectories, inversions, defining) if plan.other_seed else {}
    found: list[Removal] = []
    for trajectory, table in zip(trajectories, inversions, strict=True):
        for row in defining_inversions(table, defining).itertuples():
            if row.seed not in seeds:
                continue
            diverged = pd.notna(row.diverged_at)
            if not row.found:
                why = "diverged" if diverged else "has no inversion"
                log.info("seed %d %s, so no stragglers to remove", row.seed, why)
            # Where not every set was kept, the nearest stands in, with its own error.
            epochs = np.arange(len(trajectory.train_error))
            kept = trajectory.set_epochs[trajectory.set_index(epochs)]
            found += removals_of_run(
                row.seed,
                trajectory.sets(epochs, row.run),
                trajectory.train_error[kept, row.run],
                row.epoch if row.found else None,
                dataset.class_train,
                plan.random_draws,
                # The S(t) of a run that diverged say nothing of points.
                [] if diverged else grid,
            )
            if consensus is not None and consensus.any():
                found.append(Removal(row.seed, "consensus", consensus))
            if {*by_seed} - {row.seed}:
                points, error = by_seed[next_seed(row.seed, by_seed)]
                found.append(Removal(row.seed, "other_seed", points, removed_error=error))
            if row.found:
                stragglers = trajectory.sets(row.epoch, row.run)
                for number, fraction in enumerate(plan.fractions):
                    top = most_frequent(stragglers, rate, fraction)
                    if top.any():
                        found.append(Removal(row.seed, "top_stragglers", top, draw=number))
    for removal in found:
        if not trainable(removal, dataset.label_train):
            log.info("%s of seed %d: leaves a label without points, left out", removal.removed, removal.seed)
    return [removal for removal in found if trainable(removal, dataset.label_train)]


def stragglers_by_seed(
    trajectories: Sequence[Trajectory], inversions: Sequence[pd.DataFrame], defining: Defining
) -> dict[int, tuple[np.ndarray, float]]:
    """Seed -> stragglers (P,) and ε* of its run, of runs that have any."""
    found = {}
    for trajectory, table in zip(trajectories, inversions, strict=True):
        for row in defining_inversions(table, defining).query("found").itertuples():
            # Of the nearest epoch whose sets were kept.
            epoch = trajectory.set_epochs[trajectory.set_index(row.epoch)]
            if (points := trajectory.sets(epoch, row.run)).any():
                found[row.seed] = points, float(trajectory.train_error[epoch, row.run])
    return found


def next_seed(seed: int, seeds: Iterable[int]) -> int:
    """The one of ``seeds`` that follows ``seed``, in a circle: each is followed by another, as far as there are two."""
    return min((other for other in seeds if other != seed), key=lambda other: (other < seed, other))


def ablation_table(
    trajectories: Sequence[Trajectory], inversions: Sequence[pd.DataFrame], defining: Defining
) -> pd.DataFrame:
    """The ``ablation`` table of retrained blocks: one row a run and noise, sigma 0 being clean data."""
    parts = []
    for trajectory, table in zip(trajectories, inversions, strict=True):
        inverted = defining_inversions(table, defining).set_index("run")
        runs = trajectory.runs.join(inverted[[*ADDRESS]]).assign(inversion_found=inverted["found"])
        for sigma, error in zip(
            [0.0, *trajectory.sigma], [trajectory.test_error[-1], *trajectory.noisy_test_error], strict=True
        ):
            parts.append(runs.assign(sigma=sigma, test_error=error))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(ABLATION))
    return table[list(ABLATION)]


def trainable(removal: Removal, label: np.ndarray) -> bool:
    """Whether points of every label are left."""
    return len(np.unique(label[~removal.points])) == len(np.unique(label))
