"""Linear classifiers on what the networks see: does their residual foretell the inversion, and which stragglers?

The paper does not ask this. If a network inverts where the best linear solution is exhausted, ε* is
the training error of a linear classifier, and its mistakes are the stragglers.
"""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from ..data.datasets import Dataset, features
from ..sets.overlap import all_pairs, hypergeometric_mean, overlap
from ..sets.stragglers import CONSENSUS_RATE, StragglerSets, straggler_rate
from ..support.columns import LINEAR
from ..support.intervals import jackknife

LARGEST_HESSIAN = 2000
"""Weights of which Newton steps are taken, whose cost grows with the cube of their number."""


def logistic(n_weights: int) -> LogisticRegression:
    """The weak L2 penalty 1/2 ‖w‖² on the sum of losses (C = 1) keeps separable data finite.

    Newton steps reach that unique optimum in about ten, so that the mistakes do not depend on a tolerance; where there
    are too many weights for them, as of ten classes of images, quasi-Newton steps come close to it.
    """
    if n_weights <= LARGEST_HESSIAN:
        return LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100)
    return LogisticRegression(C=1.0, solver="lbfgs", tol=1e-6, max_iter=2000)


CLASSIFIERS: dict[str, Callable[[int], ClassifierMixin]] = {
    # Least squares cope with a singular covariance, which features that repeat others make.
    "lda": lambda n_weights: LinearDiscriminantAnalysis(solver="lsqr"),
    "logistic": logistic,
}
"""Name in the ``classifier`` column -> an unfitted classifier of so many weights, without any randomness."""

Mistakes = dict[str, np.ndarray]
"""Classifier -> the training points that it misclassifies, booleans (P,); not of one that is not determined."""


def fit_all(dataset: Dataset) -> tuple[pd.DataFrame, Mistakes]:
    """Every classifier fitted to the standardised training subset: one row each, and its mistakes.

    Columns ``classifier``, ``n_samples``, ``n_features`` (those that vary), ``train_error``,
    ``test_error``, ``converged``. A discriminant of no more points than features is not determined: its
    errors are null, and its mistakes are left out.
    """
    train, test, _ = features(dataset)
    train, test = train.astype(np.float64), test.astype(np.float64)
    n_groups = len(np.unique(dataset.label_train))
    n_weights = train.shape[1] * (n_groups if n_groups > 2 else 1)
    rows, mistakes = [], {}
    for name, build in CLASSIFIERS.items():
        size = {"classifier": name, "n_samples": train.shape[0], "n_features": train.shape[1]}
        if name == "lda" and train.shape[0] <= train.shape[1]:
            logging.warning("lda: %d points do not determine %d directions", *train.shape)
            rows.append({**size, "train_error": np.nan, "test_error": np.nan, "converged": False})
            continue
        classifier, converged = fit(name, build(n_weights), train, dataset.label_train)
        mistakes[name] = classifier.predict(train) != dataset.label_train
        rows.append(
            {
                **size,
                "train_error": mistakes[name].mean(),
                "test_error": (classifier.predict(test) != dataset.label_test).mean(),
                "converged": converged,
            }
        )
    return pd.DataFrame(rows), mistakes


def fit(name: str, classifier: ClassifierMixin, x: np.ndarray, label: np.ndarray) -> tuple[ClassifierMixin, bool]:
    """``classifier`` fitted to ``x`` (P, d), and whether it converged; warnings go to the log, a line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.fit(x, label)
    for warning in caught:
        logging.warning("%s: %s", name, str(warning.message).splitlines()[0])
    return classifier, not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def jaccards(mistakes: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Jaccard index of ``mistakes`` (P,) with each of ``sets``, booleans (runs, P)."""
    return overlap(mistakes[None], sets, np.ones((1, len(sets)))).jaccard[0]


def agreement(mistakes: np.ndarray | None, sets: np.ndarray) -> dict[str, float]:
    """How much of the stragglers of runs, booleans (runs, P), are the mistakes (P,) of a classifier.

    ``jaccard``: with the consensus set; ``jaccard_chance``: of that set with as many random points,
    at their mean overlap; ``jaccard_runs``: mean with a single run's set; ``jaccard_ratio``: that over the mean
    of two runs, both with a 95 % interval over runs. NaN without runs, and without mistakes to compare (None).
    """
    if mistakes is None or not len(sets):
        return dict.fromkeys(("jaccard", "jaccard_chance", *bounded("jaccard_runs"), *bounded("jaccard_ratio")), np.nan)
    consensus = straggler_rate(sets) >= CONSENSUS_RATE
    common = hypergeometric_mean(mistakes.sum(), consensus.sum(), len(mistakes))
    total = mistakes.sum() + consensus.sum()
    with_mistakes, of_two = jaccards(mistakes, sets), overlap(sets, sets, all_pairs(len(sets))).jaccard

    def relative(runs: np.ndarray) -> float:
        """Mean with the mistakes over that of two of the ``runs``, by number."""
        others = ~np.eye(len(runs), dtype=bool)
        pairs = of_two[np.ix_(runs, runs)][others]
        return with_mistakes[runs].mean() / pairs.mean() if pairs.any() else np.nan

    return {
        "jaccard": jaccards(mistakes, consensus[None])[0],
        # Two empty sets are the same set.
        "jaccard_chance": common / (total - common) if total else 1.0,
        **dict(zip(bounded("jaccard_runs"), jackknife([with_mistakes], np.mean), strict=True)),
        **dict(zip(bounded("jaccard_ratio"), jackknife([np.arange(len(sets))], relative), strict=True)),
    }


def bounded(name: str) -> tuple[str, str, str]:
    """Columns of a statistic and its interval."""
    return name, f"{name}_low", f"{name}_high"


def linear_table(
    addresses: Sequence[Mapping[str, Any]],
    fits: Sequence[pd.DataFrame],
    mistakes: Sequence[Mistakes],
    sets: Mapping[str, StragglerSets],
    inversion: pd.DataFrame,
    overlaps: pd.DataFrame,
    observable: str,
) -> pd.DataFrame:
    """The ``linear`` table: one row a dataset and classifier, beside the inversion of the reference runs.

    ``addresses``: address columns of each dataset's reference runs; ``fits`` and ``mistakes``: what
    :func:`fit_all` gave for it; ``sets``: dataset -> S(t*) of its reference runs, where it has such;
    ``inversion`` and ``overlaps``: rows of the tables for those runs, at the defining layer.
    ``jaccard_run_to_run`` is the mean over pairs of runs, and ``ratio`` ε* over the training error.
    """
    rows = []
    for address, table, wrong in zip(addresses, fits, mistakes, strict=True):
        name = address["dataset"]
        runs = inversion[(inversion["dataset"] == name) & (inversion["observable"] == observable)]
        errors = runs.loc[runs["found"], "train_error"].to_numpy(float)
        eps_star = jackknife([errors], np.mean)
        straggling = sets[name].sets if name in sets else np.zeros((0, int(table["n_samples"].iloc[0])), bool)
        for fitted in table.to_dict("records"):
            error = fitted["train_error"]
            rows.append(
                {
                    **address,
                    "layer": runs["layer"].iloc[0] if len(runs) else pd.NA,
                    **fitted,
                    "eps_star": eps_star.value,
                    "ci_low": eps_star.low,
                    "ci_high": eps_star.high,
                    "n_inverted": len(errors),
                    "n_runs": len(runs),
                    "ratio": eps_star.value / error if error else np.nan,
                    **agreement(wrong.get(fitted["classifier"]), straggling),
                    "jaccard_run_to_run": overlaps.loc[overlaps["dataset"] == name, "jaccard"].mean(),
                }
            )
    return pd.DataFrame(rows, columns=list(LINEAR)).astype({"layer": "Int32"})
