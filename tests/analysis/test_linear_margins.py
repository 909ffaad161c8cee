import numpy as np
import pytest
from conftest import synthetic
from sklearn.linear_model import LogisticRegression

from workflow.stragglers.analysis import linear_margins
from workflow.stragglers.analysis.linear import fit_all
from workflow.stragglers.analysis.linear_margins import Descent, label_quality, linear_scores, margin, stopped_early
from workflow.stragglers.data.datasets import features
from workflow.stragglers.data.tasks import group_index


@pytest.mark.parametrize("task", ["parity", "classes"])
def test_negative_margins_are_the_classifiers_mistakes(task):
    dataset = synthetic(n_train=400, task=task)
    scores, (_, mistakes) = linear_scores(dataset), fit_all(dataset)
    assert set(scores) == {*mistakes, "logistic_early"}
    for name, wrong in mistakes.items():
        np.testing.assert_array_equal(scores[name][0] > 0, wrong)


def test_an_undetermined_discriminant_has_no_margins():
    assert set(linear_scores(synthetic(n_train=11))) == {"logistic", "logistic_early"}


def test_margins_of_many_groups_are_over_the_next_best():
    decision = np.array([[3.0, 1.0, 2.5], [3.0, 1.0, 2.5]])
    np.testing.assert_allclose(margin(decision, np.array([0, 1])), [0.5, -2.0])
    np.testing.assert_allclose(margin(np.array([2.0, 2.0]), np.array([1, 0])), [2.0, -2.0])


def overlapping(n=600, d=40, seed=0):
    """Two groups that few directions tell apart: what descends for long learns the noise of the others."""
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n)
    x = rng.standard_normal((n, d))
    x[:, 0] += 1.0 * (2 * group - 1)
    return (x - x.mean(0)) / x.std(0), group


def test_stopping_early_generalises_better_than_convergence():
    x, group = overlapping(n=130, d=60)
    x_new, group_new = overlapping(n=20_000, d=60, seed=1)
    # The same outputs as a linear map, to be asked of new points.
    early = np.linalg.lstsq(np.c_[x, np.ones(len(x))], stopped_early(x, group), rcond=None)[0]
    error_early = ((np.c_[x_new, np.ones(len(x_new))] @ early).argmax(1) != group_new).mean()
    converged = LogisticRegression(C=1e4, max_iter=10_000).fit(x, group)
    assert error_early < (converged.predict(x_new) != group_new).mean() - 0.03
    assert (converged.predict(x) == group).mean() > ((stopped_early(x, group).argmax(1)) == group).mean()


def test_a_descent_ends_at_the_optimum():
    x, group = overlapping()
    x = np.c_[x, np.ones(len(x))]
    target = np.eye(2)[group]
    descent = Descent(x, target, x, target, rate=1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1])
    losses = []
    for _ in range(600):
        losses.append(descent.held_out_loss())
        descent.step()
    # No step of this length overshoots.
    assert (np.diff(losses) <= 1e-12).all() and losses[0] == pytest.approx(np.log(2))
    optimum = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000).fit(x, group)
    np.testing.assert_allclose(descent.weights[:, 1] - descent.weights[:, 0], optimum.coef_[0], atol=1e-4)


def test_the_steps_are_those_with_the_least_held_out_loss(monkeypatch):
    x, group = overlapping(n=130, d=60)
    monkeypatch.setattr(linear_margins, "PATIENCE", 100.0)
    patient = stopped_early(x, group)
    monkeypatch.undo()
    np.testing.assert_array_equal(stopped_early(x, group), patient)


def test_label_quality_is_the_probability_of_the_label_of_held_out_points():
    pytest.importorskip("cleanlab", reason="pip install -r envs/beyond.txt brings it")
    dataset = synthetic(n_train=200)
    found = label_quality(dataset)
    assert found.shape == (linear_margins.DRAWS, 200)
    x, group = features(dataset)[0], group_index(dataset.label_train)
    folds = list(linear_margins.StratifiedKFold(5, shuffle=True, random_state=3).split(x, group))
    for train, held_out in folds:
        classifier = linear_margins.logistic(x.shape[1]).fit(x[train], group[train])
        own = classifier.predict_proba(x[held_out])[range(len(held_out)), group[held_out]]
        np.testing.assert_allclose(found[3, held_out], 1 - own, atol=1e-9)


def test_flipped_labels_have_the_least_quality():
    pytest.importorskip("cleanlab", reason="pip install -r envs/beyond.txt brings it")
    dataset = synthetic(n_train=400, n_classes=2)
    flipped = np.arange(400) < 20
    dataset.label_train[flipped] *= -1
    worst = np.argsort(-label_quality(dataset).mean(0))[:20]
    assert flipped[worst].mean() > 0.9
