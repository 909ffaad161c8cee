"""The detector against ground truth: inversions of planted data beside their closed form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..geometry.inversion import defining_inversions
from ..spec.specification import Defining
from ..support.columns import ADDRESS, PLANTED
from ..support.intervals import Estimate, jackknife

REMOVED = ("none", "random", "stragglers")
"""Removals of the ``ablation`` table that the ``planted`` table sums up."""


def discriminant_errors(mu: float, q: float, cue: float = 0.0) -> tuple[float, float]:
    """How often the linear discriminant of infinitely many points is wrong on the minority, and on the majority.

    Without ``cue`` the discriminant is the first coordinate: Φ(μ) and Φ(-μ). So it is for ``flips``,
    and for ``xor``, whose other coordinates tell nothing linearly. With ``cue``, the second
    coordinate joins (``rescued``): within a class the two are uncorrelated, of variance
    1 + 4μ²q(1 - q) and 1, which gives the discriminant's weights.
    """
    first, second = mu * (1 - 2 * q) / (1 + 4 * mu**2 * q * (1 - q)), cue
    length = np.hypot(first, second)
    minority, majority = (ndtr((side * mu * first - cue * second) / length) for side in (1, -1))
    return float(minority), float(majority)


def closed_form_error(mu: float, q: float, cue: float = 0.0) -> float:
    """What ε* should be, the discriminant's error: qΦ(μ) + (1 - q)Φ(-μ) without ``cue``."""
    minority, majority = discriminant_errors(mu, q, cue)
    return q * minority + (1 - q) * majority


def closed_forms(law: Mapping[str, Any]) -> dict[str, float]:
    """Columns of the ``planted`` table: what ε*, recall and precision should be.

    ``law`` holds a dataset's options (:func:`.specification.planting`), ``q`` being the share of its
    points that are planted. The stragglers should be the points that the discriminant gets wrong.
    """
    parameters = law["mu"], law["q"], law["cue"] if law["kind"] == "rescued" else 0.0
    minority, error = discriminant_errors(*parameters)[0], closed_form_error(*parameters)
    recall, precision = (minority, law["q"] * minority / error) if law["q"] else (np.nan, np.nan)
    return {"closed_form": error, "recall_closed_form": recall, "precision_closed_form": precision}


def recall_and_precision(flagged: np.ndarray, planted: np.ndarray) -> tuple[float, float]:
    """Share of the ``planted`` points that are ``flagged``, and the reverse; booleans (P,), NaN without any."""
    both = np.count_nonzero(flagged & planted)
    n_flagged, n_planted = np.count_nonzero(flagged), np.count_nonzero(planted)
    return (both / n_planted, both / n_flagged) if n_flagged and n_planted else (np.nan, np.nan)


def removal_columns(ablation: pd.DataFrame) -> dict[str, float]:
    """For each of :data:`REMOVED`, the share of retrained runs that invert and the clean test error.

    ``ablation`` holds a cell's rows of that table. The test error is a mean over seeds, the draws of
    a seed averaged first, with its 95 % interval. NaN where nothing was retrained.
    """
    columns = {}
    for removed in REMOVED:
        rows = ablation[(ablation["removed"] == removed) & (ablation["sigma"] == 0)]
        by_seed = rows.groupby("seed")["test_error"].mean().dropna().to_numpy()
        error = jackknife([by_seed], np.mean)
        columns |= {
            f"inverted_{removed}": rows["inversion_found"].astype(float).mean(),
            f"test_error_{removed}": error.value,
            f"test_error_{removed}_low": error.low,
            f"test_error_{removed}_high": error.high,
        }
    return columns


def planted_table(
    laws: Mapping[str, Mapping[str, Any]],
    minorities: Sequence[np.ndarray],
    inversion: pd.DataFrame,
    stragglers: pd.DataFrame,
    ablation: pd.DataFrame,
    defining: Defining,
) -> pd.DataFrame:
    """The ``planted`` table: one row a planted dataset, the reference network and optimiser throughout.

    ``laws``: options of each dataset by name; ``minorities``: its planted points, booleans (P,), in
    the same order. The others are rows of the tables of those names; ``inversion`` of untouched runs.
    ``error`` is the mean ε* of the runs that inverted, ``relative_error`` that over the closed form,
    less 1. ``recall``: share of the planted points that are consensus stragglers; ``precision``: share
    of those that are planted.
    """
    inversion = defining_inversions(inversion, defining)
    rows = []
    for (name, law), planted in zip(laws.items(), minorities, strict=True):
        runs = inversion[inversion["dataset"] == name]
        found = runs.loc[runs["found"], "train_error"].to_numpy(float)
        error = jackknife([found], np.mean)
        # A subset's own share, which chance moves from that of the law.
        expected = closed_forms({**law, "q": float(planted.mean())})
        consensus = stragglers.loc[stragglers["dataset"] == name, "consensus"].to_numpy(bool)
        recall, precision = recall_and_precision(consensus, planted)
        rows.append(
            {
                **{column: runs[column].iloc[0] for column in ADDRESS},
                **{option: law[option] for option in ("kind", "mu", "q", "cue", "n_features")},
                "n_samples": len(planted),
                "n_planted": int(planted.sum()),
                "n_runs": len(runs),
                "n_inverted": len(found),
                **dict(zip(("error", "ci_low", "ci_high"), error, strict=True)),
                **expected,
                "relative_error": error.value / expected["closed_form"] - 1,
                "recall": recall,
                "precision": precision,
                **removal_columns(ablation[ablation["dataset"] == name]),
            }
        )
    return pd.DataFrame(rows, columns=list(PLANTED))


def estimate(row: Any, column: str) -> Estimate:
    """A column of the ``planted`` table with its interval, of one of its rows."""
    return Estimate(*(getattr(row, f"{column}{end}") for end in ("", "_low", "_high")))
