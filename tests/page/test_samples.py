import base64
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from workflow.stragglers.data.own import Origins
from workflow.stragglers.page.samples import FEATURES, RUNS, SIDE, STRAGGLERS, gallery

SEEDS = [0, 1, 2]


def shown(dataset, trajectory, rate, turning=SEEDS[:2], **options):
    stragglers = pd.DataFrame({"sample_id": dataset.sample_id, "straggler_rate": rate, "n_runs": len(SEEDS)})
    turns = pd.DataFrame({"seed": turning, "epoch": range(2, 2 + len(turning))})
    return gallery(stragglers, dataset, [trajectory], turns, **options)


@pytest.fixture
def trajectory(small, written):
    """Run 1 never learns sample 0, nor does any other run any."""
    sets = np.zeros((6, len(SEEDS), len(small.sample_id)), bool)
    sets[:, 1, 0] = True
    return written(sets, SEEDS)


@pytest.fixture
def rate(small):
    rate = np.zeros(len(small.sample_id))
    rate[:4] = [1, 0.5, 0.75, 0.25]
    return rate


def test_the_most_frequent_come_first_and_typical_ones_after(small, trajectory, rate):
    samples = shown(small, trajectory, rate)["samples"]
    stragglers = [sample for sample in samples if sample["kind"] == "straggler"]
    assert [sample["id"] for sample in stragglers] == [0, 2, 1, 3]
    typical = [sample for sample in samples if sample["kind"] == "typical"]
    assert {sample["rate"] for sample in typical} == {0}
    assert {sample["class"] for sample in typical} == {*map(str, np.unique(small.class_train))}


def test_their_number_is_bounded(small, written):
    per_point = ("images_train", "class_train", "label_train", "planted")
    many = {name: np.repeat(getattr(small, name), 5, axis=0) for name in per_point}
    many = replace(small, **many, sample_id=np.arange(5 * len(small.sample_id)))
    trajectory = written(np.zeros((3, RUNS + 4, len(many.sample_id)), bool))
    found = shown(many, trajectory, np.ones(len(many.sample_id)))
    assert len(found["samples"]) == STRAGGLERS and len(found["runs"]) == RUNS


def test_a_history_says_which_run_was_wrong_when(small, trajectory, rate):
    found = shown(small, trajectory, rate)
    assert found["runs"] == ["seed 0", "seed 1", "seed 2"] and found["turns"] == [2, 3, None]
    bits = np.unpackbits(np.frombuffer(base64.b64decode(found["samples"][0]["wrong"]), np.uint8))
    wrong = bits[: len(found["epochs"]) * 3].reshape(-1, 3)
    assert (wrong == [0, 1, 0]).all()


def pixels(uri):
    """Of a PNG in a data URI."""
    return imread(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))), format="png")


def test_an_image_is_a_small_png_in_dark_ink(small, trajectory, rate):
    large = replace(small, images_train=np.repeat(np.repeat(small.images_train, 40, axis=1), 30, axis=2))
    shrunk = pixels(shown(large, trajectory, rate)["samples"][0]["image"])
    assert max(shrunk.shape) <= SIDE
    original = large.images_train[0]
    brightest = np.unravel_index(original.argmax(), original.shape)
    place = tuple(k * n // m for k, n, m in zip(brightest, shrunk.shape, original.shape, strict=True))
    assert shrunk[place] < shrunk.mean()


def test_colours_stay_as_they_are(small, trajectory, rate):
    colour = np.random.default_rng(0).integers(0, 256, (*small.images_train.shape, 3)).astype(np.uint8)
    uri = shown(replace(small, images_train=colour), trajectory, rate)["samples"][0]["image"]
    assert (np.round(255 * pixels(uri)) == colour[0]).all()


def test_a_vector_is_listed_by_its_most_unusual_features(small, trajectory, rate):
    values = np.random.default_rng(0).normal(size=(len(small.sample_id), 3 * FEATURES))
    values[0, 7], values[:, 8] = 50, 1
    sample = shown(replace(small, images_train=values), trajectory, rate)["samples"][0]
    name, value, from_all, from_class = sample["features"][0]
    assert (name, value) == ("x7", 50) and from_all > 5 and from_class > 2
    assert len(sample["features"]) == FEATURES and sample["n_features"] == 3 * FEATURES and "image" not in sample


def test_samples_of_a_users_own_have_their_names(small, trajectory, rate):
    count = len(small.sample_id)
    numbers = np.unique(small.class_train)
    origins = Origins(
        kind="file",
        train=np.array([f"kind/{n}.png" for n in range(count)]),
        test=np.array([]),
        class_number=numbers,
        class_name=np.array([f"kind {n}" for n in numbers]),
        feature=np.array([f"feature {n}" for n in range(12)]),
    )
    vectors = replace(small, images_train=small.images_train.reshape(count, -1).astype(float))
    sample = shown(vectors, trajectory, rate, origins=origins)["samples"][1]
    assert sample["source"] == "kind/2.png" and sample["class"] == f"kind {small.class_train[2]}"
    values = {name: value for name, value, *_ in sample["features"]}
    assert values == {f"feature {n}": value for n, value in enumerate(vectors.images_train[2])}
    rows = replace(origins, kind="row", train=np.arange(count).astype(str))
    assert shown(small, trajectory, rate, origins=rows)["samples"][1]["source"] == "row 2"


def test_without_an_inversion_there_are_no_samples_but_the_last_learned(small, trajectory):
    rate = np.full(len(small.sample_id), np.nan)
    assert shown(small, trajectory, rate, turning=[])["samples"] == []
    samples = shown(small, trajectory, rate, turning=[], late=[5, 3])["samples"]
    assert [(sample["id"], sample["kind"]) for sample in samples] == [(5, "late"), (3, "late")]
