import numpy as np
import pytest
from conftest import synthetic

from workflow.stragglers.data import datasets, flips
from workflow.stragglers.data.tasks import group_of, groups, labels_of
from workflow.stragglers.spec.canonical import canonical, from_canonical
from workflow.stragglers.spec.flipped import FlippedDataset, dataset_of
from workflow.stragglers.spec.own import OwnDataset
from workflow.stragglers.spec.specification import Dataset

TASKS = ["parity", "classes", {"one_vs_rest": 2}, {"groups": [[0], [1, 3], [2]]}]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_exactly_the_share_has_another_groups_class_and_label(task, share):
    clean = synthetic(n_train=200, task=task)
    flipped = flips.flipped(clean, share)
    assert flipped.planted.sum() == round(share * 200)
    assert ((flipped.label_train != clean.label_train) == flipped.planted).all()
    assert (flipped.class_train[~flipped.planted] == clean.class_train[~flipped.planted]).all()
    grouped = groups(task, range(4))
    assert (flipped.label_train == labels_of(grouped)[group_of(grouped, flipped.class_train)]).all()


def test_images_test_labels_and_dtypes_stay():
    clean = synthetic()
    flipped = flips.flipped(clean, 0.2)
    for name in ("images_train", "images_test", "class_test", "label_test", "sample_id"):
        assert getattr(flipped, name) is getattr(clean, name)
    assert (flipped.class_train.dtype, flipped.label_train.dtype) == (clean.class_train.dtype, clean.label_train.dtype)


def test_every_class_of_the_other_groups_comes_about_as_often():
    flipped = flips.flipped(synthetic(n_train=8000, task="classes"), 0.4)
    counts = np.bincount(flipped.class_train[flipped.planted], minlength=4)
    # Each class is drawn about 800 times, with a standard deviation of about 24.
    assert (np.abs(counts - 800) < 120).all()


def test_larger_shares_hold_smaller_ones():
    few, many = (flips.flipped(synthetic(n_train=500), share) for share in (0.05, 0.2))
    assert (many.planted & few.planted).sum() == few.planted.sum()
    assert (many.class_train[few.planted] == few.class_train[few.planted]).all()


def test_it_is_the_dataset_of_its_entry_but_for_the_flips():
    subset = {"first": 300}
    clean = datasets.prepare(Dataset("digits", subset=subset), "nowhere")
    flipped = flips.prepare(FlippedDataset("digits", subset=subset, flips=0.1), "nowhere")
    assert (flipped.images_train == clean.images_train).all() and (flipped.label_test == clean.label_test).all()
    assert (flipped.label_train != clean.label_train).sum() == 30


@pytest.mark.parametrize(
    "specification",
    [
        Dataset("digits"),
        FlippedDataset("digits", flips=0.1),
        OwnDataset("npz", "a.npz", test_fraction=0.2),
    ],
)
def test_a_canonical_form_tells_of_which_kind_it_is(specification):
    (again,) = from_canonical(canonical(specification), dataset_of)
    assert again == specification and type(again) is type(specification)
