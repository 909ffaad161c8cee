"""The data that own data are tried on, and how the flipped ones are counted."""

import pandas as pd
import pytest
from sklearn.datasets import load_digits

from docs.trials import TRIALS, flipped, recall
from workflow.stragglers.data.own import prepare
from workflow.stragglers.spec.own import OwnDataset

DIGITS = load_digits().target


def test_a_tenth_is_flipped_to_another_class():
    classes = flipped()
    assert (classes != DIGITS).sum() == round(0.1 * len(DIGITS)) and set(classes) == set(range(10))


@pytest.mark.parametrize(
    ("name", "source", "classes", "n_train"),
    [("patients.csv", "table", ["benign", "malignant"], 456), ("flips", "folder", [*map(str, range(10))], 1438)],
)
def test_the_data_are_such_as_are_read(tmp_path, name, source, classes, n_train):
    _, make, label = TRIALS[name]
    make(tmp_path / name)
    specification = OwnDataset(source, name, "classes", label=label or None, test_fraction=0.2)
    dataset, origins = prepare(specification, str(tmp_path))
    assert origins.class_name.tolist() == classes and abs(len(dataset.sample_id) - n_train) <= 2


def test_what_is_found_of_the_flipped_is_counted():
    classes = DIGITS[:20].copy()
    classes[[0, 1, 15]] += 1
    suggested = DIGITS[:20].astype(str)
    suggested[1] = "none"
    files = [f"{kind}/{number:04}.png" for number, kind in enumerate(classes)]
    listing = pd.DataFrame({"file": files, "class": classes.astype(str), "suggested_class": suggested})
    assert recall(listing) == {"flipped, listed first": "2 of 3", "their class suggested": "2 of 3"}
    assert recall(listing[::-1])["flipped, listed first"] == "0 of 3"
