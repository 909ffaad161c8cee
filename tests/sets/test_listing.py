import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import synthetic
from PIL.Image import open as opened

from workflow.stragglers.data.own import Origins
from workflow.stragglers.data.tasks import group_index
from workflow.stragglers.sets.listing import (
    as_bytes,
    in_words,
    learned,
    listing,
    png,
    suggested,
    with_images,
    write_listing,
)
from workflow.stragglers.support import columns

P = 12


def dataset(task="classes", n_classes=2, shape=(3, 4)):
    made = synthetic(P, 8, n_classes, shape, seed=2, task=task)
    assert len(np.unique(made.class_train)) == n_classes
    return made


def origins(of, kind="file"):
    names = [f"é {number}.png" for number in range(P)] if kind == "file" else [str(3 * n) for n in range(P)]
    numbers = np.unique(of.class_train)
    classes = np.array([f"kind {n}" for n in numbers])
    return Origins(kind, np.array(names), np.array([]), numbers, classes, np.array([], str))


def stragglers(rate, n_runs=4):
    return pd.DataFrame({"straggler_rate": rate, "n_runs": n_runs})


def answers(of, wrong=None, margin=None, n_runs=4):
    """Of all runs: the points ``wrong``, booleans (P,), are taken for the next group."""
    group = group_index(of.label_train)
    wrong = np.zeros(P, bool) if wrong is None else wrong
    margin = np.where(wrong, -1.0, 1.0) if margin is None else margin
    told = np.where(wrong, (group + 1) % (group.max() + 1), group).astype(np.int16)
    return {"group": np.tile(told, (n_runs, 1)), "margin": np.tile(margin.astype(np.float32), (n_runs, 1))}


def listed(rate, of=None, named=None, learning=None, predictions=None):
    of = dataset() if of is None else of
    learning = (np.arange(P, dtype=float), np.full(P, 4)) if learning is None else learning
    predictions = answers(of) if predictions is None else predictions
    return listing(stragglers(rate), learning, predictions, of, named)


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


def test_the_most_suspicious_come_first():
    of = dataset()
    rate = np.r_[0.5, 1, 1, 0.5, np.zeros(P - 4)]
    margin = np.r_[-0.1, -2, -3, -0.5, np.arange(P - 4)]
    table = listed(rate, of, predictions=answers(of, margin=margin))
    assert table["sample_id"].tolist() == [2, 1, 3, 0, *range(4, P)]
    assert list(table) == list(columns.LISTING)


def test_a_place_is_by_one_thing_alone_and_shared_by_equals():
    of = dataset()
    n_learned = np.r_[4, 4, 0, 0, 3, np.full(P - 5, 4)]
    epochs = np.r_[10, 30, np.nan, np.nan, 5, np.full(P - 5, 10)]
    rate = np.r_[1, 1, 0.5, np.zeros(P - 3)]
    margin = np.arange(P)[::-1] / 2
    table = listed(rate, of, learning=(epochs, n_learned), predictions=answers(of, margin=margin))
    table = table.sort_values("sample_id")
    assert table["rank_straggler_rate"].tolist() == [1, 1, 3] + [4] * (P - 3)
    assert table["rank_margin"].tolist() == list(range(P, 0, -1))
    # What no run learns comes first, then what the fewest do, and then what is learned last.
    assert table["rank_learned_at"].tolist() == [5, 4, 1, 1, 3] + [5] * (P - 5)


def test_the_margin_is_the_mean_over_runs():
    of = dataset()
    made = answers(of)
    made["margin"] = np.arange(4 * P, dtype=np.float32).reshape(4, P)
    table = listed(np.zeros(P), of, predictions=made).sort_values("sample_id")
    assert table["margin"].tolist() == [n + 1.5 * P for n in range(P)]


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


@pytest.mark.parametrize("n_classes", [2, 4])
def test_what_most_runs_take_a_sample_for_is_suggested(n_classes):
    of = dataset(n_classes=n_classes)
    table = listed(np.zeros(P), of, origins(of), predictions=answers(of, np.arange(P) < 3)).sort_values("sample_id")
    changed = table["suggested_class"] != table["class"]
    assert changed.tolist() == [True] * 3 + [False] * (P - 3)
    next_one = (of.class_train[:3] + 1) % n_classes
    assert table["suggested_class"].tolist()[:3] == [f"kind {number}" for number in next_one]


def test_votes_are_counted_and_of_equals_another_class_is_suggested():
    names, group = np.array(list("aabc")), np.array([0, 0, 1, 2])
    predicted = np.array([[0, 0, 2, 1], [0, 1, 2, 0], [1, 1, 1, 1], [1, 2, 1, 2]])
    assert suggested(names, group, predicted).tolist() == ["b", "b", "c", "b"]


def test_a_group_of_several_classes_is_called_by_all():
    of = dataset("parity", 4)
    table = listed(np.ones(P), of, origins(of), predictions=answers(of, np.arange(P) < 6)).sort_values("sample_id")
    other = ["kind 1+kind 3" if number % 2 == 0 else "kind 0+kind 2" for number in of.class_train[:6]]
    assert table["suggested_class"].tolist() == other + table["class"].tolist()[6:]


def test_without_an_inversion_there_are_no_answers_and_the_late_come_first():
    of = dataset()
    none = {"group": np.empty((0, P), np.int16), "margin": np.empty((0, P), np.float32)}
    table = listed(np.full(P, np.nan), of, predictions=none)
    told = ["straggler_rate", "suggested_class", "margin", "rank_straggler_rate", "rank_margin"]
    assert table[told].isna().all(axis=None)
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


def words(rate, n_inverted, most, n_runs=10, epochs=200):
    table = pd.DataFrame({"straggler_rate": rate, "n_runs": n_inverted})
    return in_words(table, n_runs, epochs, most, "a.csv")


@pytest.mark.parametrize(
    ("most", "why"),
    [(None, ""), (800, ", after which every run was decided"), (200, ", the most that they may have")],
)
def test_the_words_count_what_inverted_and_say_why_training_ended(most, why):
    text = words([1, 0.5, 0.4, 0], 3, most)
    assert text.startswith(
        f"3 of 10 runs inverted within 200 epochs{why}, on average at a training error ε* of 47.50%;"
    )
    assert "2 of 4 training samples are stragglers of at least half of them, φ_c = 50.00%." in text and "a.csv" in text


def test_where_nothing_inverts_the_words_say_what_shows_it_and_what_to_try():
    text = words([np.nan] * 4, 0, 200)
    assert text.startswith("No run of 10 inverted within 200 epochs, the most that they may have: ")
    assert 'training="{epochs: 1000}"' in text and "fig1_dynamics" in text
    assert "another task" in text and "a.csv" in text
