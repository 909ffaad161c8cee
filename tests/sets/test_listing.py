import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import synthetic
from PIL.Image import open as opened

from workflow.stragglers.data.own import Origins
from workflow.stragglers.sets.listing import (
    as_bytes,
    closing,
    learned,
    listing,
    png,
    with_images,
    write_listing,
)
from workflow.stragglers.support import columns

P = 12


def dataset(task="classes", n_classes=2, shape=(3, 4)):
    return synthetic(P, 8, n_classes, shape, task=task)


def origins(of, kind="file"):
    names = [f"é {number}.png" for number in range(P)] if kind == "file" else [str(3 * n) for n in range(P)]
    numbers = np.unique(of.class_train)
    classes = np.array([f"kind {n}" for n in numbers])
    return Origins(kind, np.array(names), np.array([]), numbers, classes, np.array([], str))


def stragglers(rate, n_runs=4):
    return pd.DataFrame({"straggler_rate": rate, "n_runs": n_runs})


def listed(rate, of=None, named=None, learning=None):
    learning = (np.arange(P, dtype=float), np.full(P, 4)) if learning is None else learning
    return listing(stragglers(rate), learning, dataset() if of is None else of, named)


# When a point is learned


def test_a_point_is_learned_after_it_was_last_wrong(written):
    # Epochs 0 to 5 of two runs: point 0 never wrong, 1 wrong at 0 and 2, 2 wrong at the end of one run, 3 of both.
    sets = np.zeros((6, 2, 4), bool)
    sets[[0, 2], :, 1] = True
    sets[3, 0, 2] = sets[5, 1, 2] = True
    sets[5, :, 3] = True
    epochs, n_runs = learned([written(sets)])
    assert epochs.tolist()[:3] == [0, 3, 4] and np.isnan(epochs[3])
    assert n_runs.tolist() == [2, 2, 1, 0]


def test_blocks_of_runs_count_together_and_diverged_runs_for_nothing(written):
    sets = np.zeros((6, 2, 4), bool)
    sets[1, :, 0] = True
    diverging = np.ones((6, 2))
    diverging[3:, 1] = np.nan
    late = sets.copy()
    late[4, :, 0] = True
    epochs, n_runs = learned([written(sets, name="a"), written(late, name="b", loss=diverging)])
    assert n_runs.tolist() == [3] * 4 and epochs[0] == pytest.approx((2 + 2 + 5) / 3)


# Rows


def test_the_most_suspicious_come_first(written):
    rate = np.r_[0.5, 1, 1, 0.5, np.zeros(P - 4)]
    n_learned = np.r_[4, 4, 0, 4, np.full(P - 4, 4)]
    epochs = np.r_[10, 30, np.nan, 20, np.arange(P - 4)]
    table = listed(rate, learning=(epochs, n_learned))
    assert table["sample_id"].tolist()[:4] == [2, 1, 3, 0]
    assert list(table) == list(columns.LISTING)
    assert table["learned_at"].iloc[4:].is_monotonic_decreasing


@pytest.mark.parametrize("kind", ["file", "row"])
def test_a_sample_is_named_by_its_origin_and_its_class(kind):
    of = dataset()
    table = listed(np.linspace(1, 0, P), of, origins(of, kind))
    other = {"file": "row", "row": "file"}[kind]
    assert table[other].isna().all()
    assert table[kind].tolist() == ([f"é {n}.png" for n in range(P)] if kind == "file" else [3 * n for n in range(P)])
    assert table["class"].tolist() == [f"kind {number}" for number in of.class_train]


def test_data_without_origins_are_named_by_number():
    of = dataset()
    table = listed(np.linspace(1, 0, P), of)
    assert table[["file", "row"]].isna().all(axis=None)
    assert table["class"].tolist() == of.class_train.astype(str).tolist()


def test_of_two_classes_a_straggler_is_suggested_the_other():
    of = dataset()
    table = listed(np.r_[1, 0.5, 0.25, np.zeros(P - 3)], of, origins(of))
    changed = table["suggested_class"] != table["class"]
    assert changed.tolist() == [True, True] + [False] * (P - 2)
    assert set(table["suggested_class"]) <= {"kind 0", "kind 1"}


@pytest.mark.parametrize("of", [dataset(n_classes=4), dataset("parity", 4)], ids=["four classes", "groups of two"])
def test_of_more_classes_none_is_suggested(of):
    assert listed(np.ones(P), of)["suggested_class"].isna().all()


def test_without_an_inversion_the_rate_is_null_and_the_late_come_first():
    table = listed(np.full(P, np.nan))
    assert table["straggler_rate"].isna().all() and table["suggested_class"].isna().all()
    assert table["sample_id"].tolist() == list(range(P))[::-1]


# Images


def test_images_travel_as_png_in_the_order_of_the_rows(tmp_path):
    of = dataset()
    table = with_images(listed(np.linspace(0, 1, P), of, origins(of)), of)
    write_listing(table, tmp_path / "stragglers.parquet")
    read = pq.read_table(tmp_path / "stragglers.parquet")
    features = json.loads(read.schema.metadata[b"huggingface"])["info"]["features"]
    assert features == {"image": {"_type": "Image"}}
    assert {field.name: str(field.type) for field in read.schema.field("image").type} == {
        "bytes": "binary",
        "path": "string",
    }
    for row in read.to_pylist():
        assert (np.asarray(opened(io.BytesIO(row["image"]["bytes"]))) == of.images_train[row["sample_id"]]).all()
        assert row["image"]["path"] == row["file"]


@pytest.mark.parametrize("shape", [(5,), (300, 2)])
def test_vectors_and_large_images_do_not_travel(shape):
    of = dataset(shape=shape)
    assert "image" not in with_images(listed(np.zeros(P), of), of)


@pytest.mark.parametrize(
    ("images", "shown"),
    [
        (np.array([[[0, 8], [16, 4]]], np.uint8), [[0, 128], [255, 64]]),
        (np.array([[[0, 8], [200, 4]]], np.uint8), [[0, 8], [200, 4]]),
        (np.array([[[-1.0, 0.0], [1.0, -0.5]]]), [[0, 128], [255, 64]]),
        (np.array([[[False, True], [True, False]]]), [[0, 255], [255, 0]]),
        (np.array([[[[0], [200]]]], np.uint8), [[0, 200]]),
    ],
)
def test_images_are_shown_as_they_are_or_stretched(images, shown):
    assert as_bytes(images)[0].tolist() == shown


def test_colours_stay():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    assert (np.asarray(opened(io.BytesIO(png(pixels)))) == pixels).all()


# Words


def test_the_closing_words_count_what_inverted():
    text = closing(np.array([1, 0.5, 0.4, 0]), 3, 10, 200, "a.csv")
    assert text.startswith("3 of 10 runs inverted; at least half of them misclassify 2 of 4 training samples")


def test_where_nothing_inverts_the_closing_words_say_what_to_try():
    text = closing(np.full(4, np.nan), 0, 10, 200, "a.csv")
    assert text.startswith("No run of 10 inverted within 200 epochs") and '"{epochs: 1000}"' in " ".join(text.split())
    assert "another task" in text and "a.csv" in text
