"""What runs answer at their inversions, held against what they recorded when they were trained."""

import logging

import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS, synthetic

from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.geometry.inversion import inversions
from workflow.stragglers.geometry.manifolds import INVERTING, dynamics
from workflow.stragglers.sets.predictions import predictions
from workflow.stragglers.spec.specification import Defining, Detection, Network, Optimizer, Protocol

DEFINING, OPTIMIZER, NETWORK = Defining(), Optimizer(settings={"lr": 0.5}), Network(width=6)


def block(trained, dataset, turns, epochs=12):
    """A trajectory of three runs, and a table that says where D turns in each; None where it does not."""
    trajectory = trained(dataset, NETWORK, OPTIMIZER, (3, 1, 2), epochs, margins=True)
    table = inversions(dynamics(trajectory, ADDRESS), Detection(), INVERTING)
    for run, epoch in enumerate(turns):
        rows = (table["run"] == run) & (table["observable"] == "D")
        table.loc[rows, "found"], table.loc[rows, "epoch"] = epoch is not None, epoch if epoch is not None else pd.NA
    return trajectory, table


def answered(trajectory, table, dataset):
    return predictions(dataset, NETWORK, OPTIMIZER, Protocol(12), trajectory, table, DEFINING, "cpu")


@pytest.mark.parametrize("task", ["parity", "classes"])
def test_answers_are_those_of_each_run_at_its_own_epoch(trained, caplog, task):
    dataset = synthetic(task=task)
    trajectory, table = block(trained, dataset, (9, None, 4))
    with caplog.at_level(logging.WARNING):
        group, margin = answered(trajectory, table, dataset)
    assert group.shape == margin.shape == (2, 103) and not caplog.records
    wrong = trajectory.sets(np.array([9, 4]), np.array([0, 2]))
    assert wrong.any() and not wrong.all()
    np.testing.assert_array_equal(group != group_index(dataset.label_train), wrong)
    np.testing.assert_array_equal(margin < 0, wrong)
    kept = [trajectory.margins[trajectory.margin_epochs.tolist().index(at), run, 1] for at, run in ((9, 0), (4, 2))]
    np.testing.assert_allclose(margin, kept, atol=1e-6)


def test_without_an_inversion_nothing_is_trained(trained, monkeypatch):
    dataset = synthetic()
    trajectory, table = block(trained, dataset, (None, None, None))
    monkeypatch.setattr("workflow.stragglers.training.ensemble.Ensemble.advance", None, raising=False)
    group, margin = answered(trajectory, table, dataset)
    assert group.shape == margin.shape == (0, 103)


def test_other_answers_than_were_recorded_are_told(trained, caplog):
    dataset = synthetic()
    trajectory, table = block(trained, dataset, (9, 9, 4))
    trajectory.runs["seed"] = [3, 8, 2]
    with caplog.at_level(logging.WARNING):
        answered(trajectory, table, dataset)
    assert "1 of 3 runs, trained once more, misclassify other points" in caplog.text
