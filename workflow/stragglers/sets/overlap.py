"""How much sets of points have in common, beside what chance gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from ..support.columns import OVERLAP
from .stragglers import StragglerSets


def hypergeometric_mean(k1, k2, n_samples: int):
    """Expected common points of two independent random sets of k1 and k2 out of ``n_samples``."""
    return np.multiply(k1, k2, dtype=float) / n_samples


def hypergeometric_variance(k1, k2, n_samples: int):
    """Variance of the same: k1 k2 (n - k1)(n - k2) / (n² (n - 1))."""
    n = float(n_samples)
    k1, k2 = np.asarray(k1, float), np.asarray(k2, float)
    return k1 * k2 * (n - k1) * (n - k2) / (n**2 * (n - 1))


@dataclass(frozen=True)
class Overlap:
    """Common points of pairs of sets and what chance gives; ``weight`` counts each pair."""

    common: np.ndarray
    expected: np.ndarray
    null_variance: np.ndarray
    jaccard: np.ndarray
    size: np.ndarray
    """Mean size of a pair's two sets."""
    weight: np.ndarray

    def __post_init__(self):
        if self.weight.shape != self.common.shape:
            raise ValueError(f"weight {self.weight.shape} and common {self.common.shape} differ")

    def summary(self) -> dict[str, float]:
        """The ``OVERLAP_SUMMARY``, means over pairs.

        z is the paper's (Fig. 2d): excess over the hypergeometric mean in standard deviations of
        the overlap *over pairs*; ``sd_null`` is the null's own, for comparison. z is NaN where
        pairs do not vary. ``conditional``: the probability that a point of one run's set is in the
        other's.
        """
        return {
            name: float(value) for name, value in self._summary(lambda values: (values * self.weight).sum()).items()
        }

    def left_out(self) -> dict[str, np.ndarray]:
        """The same of pairs within one stack, each run left out in turn, (runs,)."""

        def sums(values: np.ndarray) -> np.ndarray:
            weighted = values * self.weight
            return weighted.sum() - weighted.sum(axis=0) - weighted.sum(axis=1)

        return self._summary(sums)

    def _summary(self, sums: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
        n_pairs = sums(np.ones_like(self.common))

        def mean(values: np.ndarray) -> np.ndarray:
            return quotient(sums(values), n_pairs)

        # Squares about one of the values, so that equal ones have no variance at all.
        origin = self.common[self.weight > 0][:1].sum()
        common, square = mean(self.common - origin), mean((self.common - origin) ** 2)
        sd = np.sqrt(np.clip(quotient((square - common**2) * n_pairs, n_pairs - 1), 0, None))
        common, expected = common + origin, mean(self.expected)
        return {
            "mean_common": common,
            "expected_common": expected,
            "sd_common": sd,
            "sd_null": np.sqrt(mean(self.null_variance)),
            "z": quotient(common - expected, sd),
            "jaccard": mean(self.jaccard),
            "conditional": quotient(common, mean(self.size)),
        }


def quotient(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Element by element, NaN where the denominator is not positive."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), denominator)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)


def overlap(sets_a: np.ndarray, sets_b: np.ndarray, weight: np.ndarray) -> Overlap:
    """All pairs between two stacks of sets, booleans (runs, P), by one matrix product.

    ``weight`` (runs_a, runs_b) counts each pair: 0 for those that do not belong (a run with itself,
    runs of one seed).
    """
    n_samples = sets_a.shape[1]
    common = (sets_a.astype(np.float32) @ sets_b.astype(np.float32).T).astype(float)
    size_a, size_b = sets_a.sum(1)[:, None], sets_b.sum(1)[None, :]
    union = size_a + size_b - common
    return Overlap(
        common=common,
        expected=hypergeometric_mean(size_a, size_b, n_samples),
        null_variance=hypergeometric_variance(size_a, size_b, n_samples),
        # Two empty sets are the same set.
        jaccard=np.divide(common, union, out=np.ones_like(common), where=union > 0),
        size=(size_a + size_b) / 2,
        weight=np.asarray(weight, float),
    )


def all_pairs(n_runs: int) -> np.ndarray:
    """Weight that counts every unordered pair of different runs once."""
    return np.triu(np.ones((n_runs, n_runs)), 1)


def overlap_table(cells: Sequence[Mapping[str, str]], sets: Sequence[StragglerSets]) -> pd.DataFrame:
    """The ``overlap`` table: one row a pair of cells of one dataset, a cell with itself included.

    ``cells`` are the address columns of each. Only pairs of different seeds count: two networks
    that start from the same numbers are not independent.
    """
    rows = []
    for i, j in combinations_with_replacement(range(len(cells)), 2):
        if cells[i]["dataset"] != cells[j]["dataset"]:
            continue
        a, b = sets[i], sets[j]
        different = (a.seeds[:, None] != b.seeds[None, :]).astype(float)
        weight = np.triu(different) if i == j else different
        rows.append(
            {
                **{name: cells[i][name] for name in ("dataset", "source", "task", "subset")},
                **{f"{name}_a": cells[i][name] for name in ("network", "optimizer")},
                **{f"{name}_b": cells[j][name] for name in ("network", "optimizer")},
                "n_pairs": int(weight.sum()),
                **overlap(a.sets, b.sets, weight).summary(),
            }
        )
    return pd.DataFrame(rows, columns=list(OVERLAP))
