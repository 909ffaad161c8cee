"""Claims about the inversion: whether there is one, its training error, and what that depends on."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from ..study.cell import REFERENCE
from ..support.intervals import (
    CONFIDENCE,
    LEAST_RUNS,
    MISSING,
    Estimate,
    jackknife,
    largest,
    relative_spread,
    share,
)
from .evidence import Evidence
from .measured import NOTHING, Measured, diverged, inverted_errors, left_out, measures

FLAT = 0.15
"""ε*(P) is flat where it is within this fraction of ε* at the largest P."""


def non_monotonic(evidence: Evidence) -> Measured:
    """A run that diverged is counted neither way."""
    found = evidence.reference.loc[evidence.reference["diverged_at"].isna(), "found"]
    note = diverged({REFERENCE["optimizer"]: evidence.reference})
    return Measured(share(int(found.sum()), len(found)), len(found), note)


def straggler_fraction(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    return Measured(jackknife([errors], np.mean), len(errors))


def consensus_fraction(evidence: Evidence) -> Measured:
    for row in evidence.rows("consensus").query("kind == 'consensus'").itertuples():
        return Measured(Estimate(row.fraction, row.ci_low, row.ci_high), row.n_runs)
    return NOTHING


def stable_across_seeds(evidence: Evidence) -> Measured:
    errors = inverted_errors(evidence.reference)
    return Measured(relative_spread(errors), len(errors))


def magnitude(estimate: Estimate) -> Estimate:
    """The same of a statistic's absolute value."""
    value, low, high = np.abs(estimate)
    return Estimate(value, 0.0 if estimate.low < 0 < estimate.high else min(low, high), max(low, high))


def largest_shift(reference: pd.DataFrame, groups: Mapping[str, pd.DataFrame]) -> Measured:
    """Largest abs(mean ε* of a group / that of the reference - 1), over groups of which enough runs invert.

    A maximum of noisy means is biased upwards, so this errs towards "depends".
    """
    first = inverted_errors(reference)
    errors = [group for group in map(inverted_errors, groups.values()) if len(group) >= LEAST_RUNS]
    n_runs, note = len(first) + sum(map(len, errors)), left_out(groups)
    if len(first) < LEAST_RUNS:
        return Measured(MISSING, n_runs, note)

    def shift(other: np.ndarray, confidence: float) -> Estimate:
        return magnitude(jackknife([other, first], lambda a, b: a.mean() / b.mean() - 1, confidence))

    return Measured(largest([partial(shift, other) for other in errors]), n_runs, note)


def stable_across_optimizers(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_optimizer)


def shift_beside_epochs(first: np.ndarray, *others: np.ndarray) -> float:
    """Spread over cells of log mean ε* beside that of log mean t*; a cell is (runs, 2): ε*, t*."""
    spread = np.log([cell.mean(axis=0) for cell in (first, *others)]).std(axis=0)
    return spread[0] / spread[1] if spread[1] > 0 else np.nan


def error_steadier_than_epoch(evidence: Evidence) -> Measured:
    groups = {REFERENCE["optimizer"]: evidence.reference, **evidence.by_optimizer}
    cells = [rows.loc[rows["found"], ["train_error", "epoch"]].to_numpy(float) for rows in groups.values()]
    cells = [cell for cell in cells if len(cell) >= LEAST_RUNS and cell.all()]
    if len(cells) < 2:
        return NOTHING
    return Measured(jackknife(cells, shift_beside_epochs), sum(map(len, cells)), left_out(groups))


def stable_across_orders(evidence: Evidence) -> Measured:
    """Spread over orders of the batches of one seed's ε*, root mean square over seeds; an optimiser's largest."""
    measured = []
    for rows in evidence.by_order.values():
        errors = rows[rows["found"]].pivot(index="seed", columns="optimizer", values="train_error").dropna()
        measured.append(Measured(relative_spread(errors.to_numpy(float)), len(errors)))
    return max(measured, key=lambda one: np.nan_to_num(one.estimate.value, nan=-1), default=NOTHING)


def stable_across_subsamples(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_subsample)


def stable_across_blocks(evidence: Evidence) -> Measured:
    size = evidence.n_samples.get
    blocks = {name: rows for name, rows in evidence.by_subsample.items() if size(name) == size(evidence.main)}
    return largest_shift(evidence.reference, blocks)


def after_last(far: Sequence[bool]) -> int:
    """Index after the last that is ``far``."""
    return max(np.flatnonzero(far), default=-1) + 1


def flat_in_sample_size(evidence: Evidence) -> Measured:
    """Smallest P from which on the mean ε*, over subsamples of one P, stays near that at the largest.

    Its interval goes from the P after the last whose ε* is surely not near to that after the last where it may not
    be; the former holds for all P at once. Runs vary, subsamples are those of the study.
    """
    runs = {evidence.main: evidence.reference, **evidence.by_subsample}
    runs = {name: runs[name] for name in evidence.n_samples if name in runs}
    by_size: dict[int, list[np.ndarray]] = {}
    for name, rows in runs.items():
        if len(errors := inverted_errors(rows)) >= LEAST_RUNS:
            by_size.setdefault(evidence.n_samples[name], []).append(errors)
    *smaller, last = sorted(by_size) or [0]
    if not smaller:
        return NOTHING

    def shift(size: int, confidence: float) -> Estimate:
        groups = [*by_size[size], *by_size[last]]
        n_here = len(by_size[size])

        def relative(*errors: np.ndarray) -> float:
            means = [group.mean() for group in errors]
            return np.mean(means[:n_here]) / np.mean(means[n_here:]) - 1

        return magnitude(jackknife(groups, relative, confidence))

    each = [shift(size, CONFIDENCE) for size in smaller]
    jointly = [shift(size, 1 - (1 - CONFIDENCE) / len(smaller)) for size in smaller]
    places = (
        after_last([one.value > FLAT for one in each]),
        after_last([one.low > FLAT for one in jointly]),
        after_last([one.high > FLAT for one in each]),
    )
    sizes = np.array([*smaller, last]) / evidence.n_samples[evidence.main]
    n_runs = sum(len(errors) for groups in by_size.values() for errors in groups)
    return Measured(Estimate(*sizes[list(places)].tolist()), n_runs, left_out(runs))


def weak_dependence_on_architecture(evidence: Evidence) -> Measured:
    return largest_shift(evidence.reference, evidence.by_network)


def data_set_the_error(tables: Mapping[str, pd.DataFrame]) -> Measured:
    """Where the study has several datasets."""
    rows = tables["variance"].query("quantity == 'train_error' and component == 'dataset' and n_datasets > 1")
    for row in rows.itertuples():
        return Measured(Estimate(row.share, row.ci_low, row.ci_high), row.n_runs)
    return NOTHING


MEASURES = {
    **measures(
        non_monotonic,
        straggler_fraction,
        stable_across_seeds,
        stable_across_optimizers,
        error_steadier_than_epoch,
        stable_across_orders,
        stable_across_subsamples,
        weak_dependence_on_architecture,
        on=("inversion",),
    ),
    **measures(consensus_fraction, on=("consensus",)),
    **measures(stable_across_blocks, flat_in_sample_size, on=("inversion", "linear")),
    **measures(data_set_the_error, on=("variance",), jointly=True),
}
