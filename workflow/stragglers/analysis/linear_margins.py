"""How hard linear classifiers find single points, converged and stopped early, and the quality of their labels.

All are turned so that the larger value is the harder point's.
"""

import logging

import numpy as np
from sklearn.model_selection import StratifiedKFold

from ..data.datasets import Dataset, features
from ..data.tasks import group_index
from .linear import CLASSIFIERS, fit, logistic

FOLDS = 5
DRAWS = 5
"""Draws of the folds behind the quality of labels: what is random in it, as seeds are in networks."""
MOST_STEPS = 2000
PATIENCE = 1.2
"""A descent is followed to this multiple of the step with the least loss on held-out points."""


def margin(decision: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Decision value of each point's group less the largest of the others, (P,).

    ``decision`` (P,), as scikit-learn has it of two groups, or (P, groups); ``group`` (P,) from 0.
    """
    if decision.ndim == 1:
        return np.where(group == 1, decision, -decision)
    own = np.take_along_axis(decision, group[:, None], 1)[:, 0]
    others = decision.copy()
    np.put_along_axis(others, group[:, None], -np.inf, 1)
    return own - others.max(1)


def linear_scores(dataset: Dataset) -> dict[str, np.ndarray]:
    """Score -> minus each training point's margin, (1, P), of every classifier of :mod:`.linear` and stopped early.

    A discriminant that is not determined (:func:`.linear.fit_all`) has no margins.
    """
    x, group = features(dataset)[0], group_index(dataset.label_train)
    n_weights = x.shape[1] * (group.max() + 1 if group.max() > 1 else 1)
    found = {}
    for name, build in CLASSIFIERS.items():
        if name == "lda" and x.shape[0] <= x.shape[1]:
            continue
        classifier, _ = fit(name, build(n_weights), x, group)
        found[name] = margin(classifier.decision_function(x), group)
    found["logistic_early"] = margin(stopped_early(x, group), group)
    return {name: -values[None] for name, values in found.items()}


def stopped_early(x: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Outputs (P, groups) of multinomial logistic regression, descended from 0 to where it generalises best.

    ``x`` (P, d), standardised. Full batches; the step length is the inverse of the largest eigenvalue of the features'
    second moments, at most half of what is stable. The number of steps has the least mean loss on held-out folds.
    """
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    rate = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1]
    target = np.eye(group.max() + 1)[group]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, group)
    descents = [Descent(x[train], target[train], x[held_out], target[held_out], rate) for train, held_out in folds]
    best, least, step = 0, np.inf, 0
    while step <= min(MOST_STEPS, max(50, PATIENCE * best)):
        loss = np.mean([descent.held_out_loss() for descent in descents])
        if loss < least:
            best, least = step, loss
        for descent in descents:
            descent.step()
        step += 1
    if best == step - 1:
        logging.warning("logistic_early: the loss on held-out points still falls after %d steps", best)
    logging.info("logistic_early: %d steps", best)
    whole = Descent(x, target, x, target, rate)
    for _ in range(best):
        whole.step()
    return x @ whole.weights


class Descent:
    """Gradient descent on the mean cross-entropy of a linear map of ``x`` (n, d) to ``target`` (n, groups), from 0."""

    def __init__(self, x: np.ndarray, target: np.ndarray, x_held: np.ndarray, target_held: np.ndarray, rate: float):
        self.x, self.target, self.x_held, self.target_held, self.rate = x, target, x_held, target_held, rate
        self.weights = np.zeros((x.shape[1], target.shape[1]))

    def step(self) -> None:
        error = np.exp(log_softmax(self.x @ self.weights)) - self.target
        self.weights -= self.rate / len(self.x) * (self.x.T @ error)

    def held_out_loss(self) -> float:
        return -(log_softmax(self.x_held @ self.weights) * self.target_held).sum(1).mean()


def log_softmax(outputs: np.ndarray) -> np.ndarray:
    shifted = outputs - outputs.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def label_quality(dataset: Dataset) -> np.ndarray:
    """One minus cleanlab's label quality, (draws, P), by its default score, self-confidence.

    The probabilities are those that cleanlab asks for, of points held out in turn, of a logistic regression as in
    :mod:`.linear`; each draw of the folds is one.
    """
    # Not installed by default: only this needs it.
    from cleanlab.rank import get_label_quality_scores

    x, group = features(dataset)[0], group_index(dataset.label_train)
    n_weights = x.shape[1] * (group.max() + 1 if group.max() > 1 else 1)
    quality = []
    for draw in range(DRAWS):
        probability = np.empty((len(x), group.max() + 1))
        for train, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=draw).split(x, group):
            classifier, _ = fit("label quality", logistic(n_weights), x[train], group[train])
            probability[held_out] = classifier.predict_proba(x[held_out])
        quality.append(get_label_quality_scores(group, probability))
    return 1 - np.array(quality)
