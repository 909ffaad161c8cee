from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data import own
from workflow.stragglers.data.datasets import features
from workflow.stragglers.data.own import Origins
from workflow.stragglers.data.samples import class_numbers, held_out
from workflow.stragglers.data.toys import TOYS
from workflow.stragglers.spec.canonical import canonical, from_canonical
from workflow.stragglers.spec.own import OwnDataset, dataset_of
from workflow.stragglers.spec.specification import Dataset
from workflow.stragglers.support.errors import InputError

TABLE = pd.DataFrame({"a": range(20), "b": np.arange(20) ** 0.5, "yes": [True, False] * 10, "kind": ["x", "y"] * 10})


def table(folder, frame=TABLE, label="kind", name="own.csv"):
    """A specification for a frame written there, or for text."""
    if isinstance(frame, str):
        (folder / name).write_text(frame, encoding="utf-8")
    elif name.endswith("parquet"):
        frame.to_parquet(folder / name)
    else:
        frame.to_csv(folder / name, index=False, sep="\t" if name.endswith("tsv") else ",")
    return OwnDataset("table", name, "classes", label=label, test_fraction=0.2)


def unsplit(folder, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return OwnDataset("npz", "own.npz", "classes", test_fraction=0.2)


def refused(specification, folder, message):
    with pytest.raises(InputError, match=message) as error:
        own.check(specification, folder)
    assert "\n" not in str(error.value)


# Splits and classes

names = st.lists(st.sampled_from("abcd"), min_size=8, max_size=60).map(
    lambda drawn: np.array([*drawn, *"abcdabcd"])  # two of each at least
)


@given(names, st.floats(0.01, 0.99))
def test_every_class_is_in_both_splits_by_its_share(names, fraction):
    test = held_out(names, fraction)
    assert (test == held_out(names, fraction)).all()
    for name in np.unique(names):
        n, n_test = (names == name).sum(), test[names == name].sum()
        assert 1 <= n_test < n and abs(n_test - fraction * n) <= 1


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["dog", "cat", "dog"], {0: "cat", 1: "dog"}),
        (["10", "9", "-1"], {-1: "-1", 9: "9", 10: "10"}),
        (["10", "9", "b"], {0: "10", 1: "9", 2: "b"}),
        (["7", "07", "1"], {0: "07", 1: "1", 2: "7"}),
        (["99999", "1"], {0: "1", 1: "99999"}),
    ],
)
def test_classes_are_numbered_in_sorted_order_unless_they_are_numbers(names, numbers):
    index, named = class_numbers(np.array(names))
    assert named == numbers and [*named] == sorted(named)
    assert [named[number] for number in index.tolist()] == names


# The specification


def test_a_canonical_form_tells_own_data_from_others():
    for dataset in (
        Dataset("npz", "a.npz"),
        OwnDataset("npz", "a.npz", test_fraction=0.2),
        OwnDataset("table", "a.csv", "classes", label="kind", test_fraction=0.3),
    ):
        assert from_canonical(canonical(dataset), dataset_of) == [dataset]


def test_another_label_or_split_is_another_source():
    one = OwnDataset("table", "a.csv", "classes", test_fraction=0.2)
    assert len({one.source_name, replace(one, label="b").source_name, replace(one, test_fraction=0.3).source_name}) == 3


# Tables


@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.parquet", "with space é.CSV"])
def test_rows_of_a_table_are_samples_that_know_their_row(tmp_path, name):
    dataset, origins = own.prepare(table(tmp_path, name=name), tmp_path)
    assert origins.kind == "row" and len(dataset.images_train) == 16
    assert origins.feature.tolist() == ["a", "b", "yes"]
    rows = TABLE.iloc[origins.train.astype(int)]
    assert (dataset.images_train == rows[["a", "b", "yes"]].to_numpy(float)).all()
    assert (origins.class_name[dataset.class_train] == rows["kind"]).all()


def test_origins_survive_saving(tmp_path):
    _, origins = own.prepare(table(tmp_path), tmp_path)
    origins.save(tmp_path / "origins.npz")
    loaded = Origins.load(tmp_path / "origins.npz")
    assert loaded.kind == "row"
    assert all(np.array_equal(value, getattr(loaded, name)) for name, value in vars(origins).items())


@pytest.mark.parametrize("kinds", [["NA", "null"], ["007", "7"], ["1.0", "2.0"], ["True", "False"], ["a b", "ü 猫"]])
def test_labels_of_csv_are_what_is_typed(tmp_path, kinds):
    _, origins = own.prepare(table(tmp_path, TABLE.assign(kind=kinds * 10)), tmp_path)
    assert origins.class_name.tolist() == sorted(kinds)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [([1.0, 2.0], ["1", "2"]), ([True, False], ["False", "True"]), (pd.Categorical(["b", "a"] * 10), ["a", "b"])],
)
def test_labels_of_parquet_may_be_of_any_kind(tmp_path, kinds, expected):
    kinds = kinds * 10 if isinstance(kinds, list) else kinds
    _, origins = own.prepare(table(tmp_path, TABLE.assign(kind=kinds), name="own.parquet"), tmp_path)
    assert origins.class_name.tolist() == expected


def test_the_column_of_classes_is_called_label_unless_another_is_named(tmp_path):
    frame = TABLE.rename(columns={"kind": "label"})
    assert own.check(table(tmp_path, frame, label=None), tmp_path) == (3,)


def test_a_constant_column_is_left_out_and_named(tmp_path, caplog):
    caplog.set_level("INFO")
    dataset, _ = own.prepare(table(tmp_path, TABLE.assign(same=3)), tmp_path)
    assert features(dataset)[2].tolist() == [True, True, True, False]
    assert "own.csv: column 'same' is the same in all rows and left out" in caplog.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c": ["text"] * 20}, "column 'c' does not hold numbers, as 'text' in row 0; leave it out"),
        ({"c": [1] * 19 + ["1,5"]}, "column 'c' does not hold numbers, as '1,5' in row 19"),
        ({"c": [np.nan] + [1] * 19}, "column 'c' has no value in row 0; fill"),
        ({"c": [np.nan] * 3 + [1] * 17}, r"column 'c' has no value in 3 rows, the first 0 \(counted from 0\)"),
        ({"c": [np.inf] + [1] * 19}, "column 'c' is infinite, or larger than single precision has, in row 0"),
        ({"c": [1e39] + [1] * 19}, "column 'c' is infinite, or larger"),
        ({"kind": ["x", ""] * 10}, "column 'kind' has no class in 10 rows, the first 1"),
        ({"kind": ["x"] * 20}, "own.csv holds one class, 'x'; there must be two"),
        ({"kind": ["x"] * 19 + ["odd one"]}, r"class 'odd one' has one sample \(19\)"),
        ({"a": 1, "b": 2, "yes": 1}, "no feature varies among the training samples"),
        ({"Unnamed: 0": range(20)}, "column 'Unnamed: 0' has no name in the file, as an index that pandas wrote"),
    ],
)
def test_an_unusable_column_is_named_with_the_remedy(tmp_path, changes, message):
    refused(table(tmp_path, TABLE.assign(**changes)), tmp_path, message)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (pd.date_range("2020", periods=20), "column 'c' does not hold numbers, as '2020-01-01 00:00:00' in row 0"),
        (pd.Categorical(["u", "v"] * 10), "column 'c' does not hold numbers, as 'u' in row 0"),
        (pd.array([None] + [1] * 19, dtype="Int64"), "column 'c' has no value in row 0"),
    ],
)
def test_a_column_of_parquet_that_is_no_number_is_named(tmp_path, kind, message):
    refused(table(tmp_path, TABLE.assign(c=kind), name="own.parquet"), tmp_path, message)


def test_labels_that_are_missing_or_measured_are_refused(tmp_path):
    for kind, message in (([0.5, 1.5] * 10, "numbers that are not whole"), ([None, "a"] * 10, "no class in 10 rows")):
        refused(table(tmp_path, TABLE.assign(kind=kind), name="own.parquet"), tmp_path, f"column 'kind' .*{message}")


def test_a_column_of_classes_that_is_not_there_is_answered_by_those_that_are(tmp_path):
    refused(table(tmp_path, label="sort"), tmp_path, "own.csv has no column 'sort' .*: a, b, yes, kind")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"own.csv cannot be read as CSV \(.*\)"),
        ("kind,a\nx,1,2\ny,2,3\n", r"own.csv cannot be read as CSV"),
        ("kind,a\nx,1\ny,2,3\n", r"own.csv cannot be read as CSV \(.*line 3.*\)"),
        ("kind,a\n", "own.csv holds no samples"),
        ("kind\nx\ny\n", "own.csv has no column beside 'kind'"),
        ('kind,a\n"x,1\n', r"own.csv cannot be read as CSV"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path, text, message):
    refused(table(tmp_path, text), tmp_path, message)


def test_a_table_of_another_encoding_or_format_is_named(tmp_path):
    specification = table(tmp_path)
    (tmp_path / "own.csv").write_bytes("kind,a\nä,1\n".encode("latin1"))
    refused(specification, tmp_path, "own.csv is not in UTF-8")
    (tmp_path / "own.parquet").write_bytes(b"kind,a\n")
    refused(replace(specification, file="own.parquet"), tmp_path, r"own.parquet cannot be read as Parquet")


@pytest.mark.parametrize("source", ["table", "folder"])
def test_data_that_are_not_there_are_named_with_the_folder(tmp_path, source):
    refused(OwnDataset(source, "gone", "classes", test_fraction=0.2), tmp_path, r"`file: gone` is not in `data_dir`")


def test_data_that_changed_since_they_were_planned_are_refused(tmp_path):
    for write in (lambda: table(tmp_path), lambda: unsplit(tmp_path, X=TABLE[["a", "b"]], y=TABLE["yes"])):
        specification = write()
        planned = replace(specification, content=own.content(specification, tmp_path))
        own.check(planned, tmp_path)
        (tmp_path / specification.file).write_bytes((tmp_path / specification.file).read_bytes() + b"\n")
        refused(planned, tmp_path, "is not what it was when the study was planned; run the same command again")


# Arrays

X, Y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3


@pytest.mark.parametrize(
    ("y", "named"),
    [
        (Y, ["0", "1", "2"]),
        (Y.astype(float), ["0", "1", "2"]),
        (Y == 1, ["False", "True"]),
        (np.array(["b", "a", "ü"])[Y], ["a", "b", "ü"]),
        (np.array([b"b", b"a"])[Y % 2], ["a", "b"]),
    ],
)
def test_arrays_that_are_not_split_are_split(tmp_path, y, named):
    dataset, origins = own.prepare(unsplit(tmp_path, X=X, y=y), tmp_path)
    assert origins.class_name.tolist() == named and len(dataset.images_train) + len(dataset.images_test) == 30
    assert (dataset.images_train == X[origins.train.astype(int)]).all()


def test_colour_images_keep_their_channels(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 5, 6, 3), np.uint8)
    assert own.prepare(unsplit(tmp_path, X=images, y=Y), tmp_path)[0].images_train.shape == (24, 5, 6, 3)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X}, r"own.npz: y is missing \(it holds X\); it must hold X and y, or split, x_train"),
        ({"data": X}, r"own.npz: X is missing \(it holds data\)"),
        ({}, r"own.npz: X is missing \(it holds nothing\)"),
        ({"X": X, "y": Y[:-1]}, r"own.npz: X \(30, 4\) and y \(29,\) do not match"),
        ({"X": X, "y": Y[:, None]}, r"own.npz: y \(30, 1\) must hold one class a sample.*numpy\.ravel"),
        ({"X": X, "y": Y + 0.5}, "own.npz: y holds numbers that are not whole"),
        ({"X": X, "y": np.array([{}] * 30)}, r"own.npz: X or y holds Python objects; .*astype\(str\)"),
        ({"X": X.astype(str), "y": Y}, "own.npz: X must hold numbers"),
        ({"X": np.where(X.max() == X, np.nan, X), "y": Y}, "own.npz: X holds NaN"),
        ({"X": X, "y": np.zeros(30, int)}, "own.npz holds one class, '0'"),
    ],
)
def test_unusable_arrays_are_refused_by_name(tmp_path, arrays, message):
    refused(unsplit(tmp_path, **arrays), tmp_path, message)


# Toy sets


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_set_has_its_samples_and_the_names_of_its_classes(name):
    from sklearn import datasets

    theirs = getattr(datasets, f"load_{name}")()
    dataset, origins = own.prepare(OwnDataset("sklearn", name, "classes", test_fraction=0.2), "nowhere")
    rows = origins.train.astype(int)
    assert (dataset.images_train.reshape(len(rows), -1) == theirs.data[rows]).all()
    called = origins.class_name[np.searchsorted(origins.class_number, dataset.class_train)]
    assert (called == np.asarray(theirs.target_names)[theirs.target[rows]].astype(str)).all()
    assert origins.feature.tolist() == ([] if name == "digits" else [*theirs.feature_names])


def test_a_toy_set_that_is_not_there_is_answered_by_those_that_are():
    refused(OwnDataset("sklearn", "boston", "classes", test_fraction=0.2), "nowhere", "'boston'; take one of breast_")


# Tasks and subsets


def test_a_subset_and_a_task_keep_the_origins_in_step(tmp_path):
    specification = replace(table(tmp_path), task={"pair": [1, 0]}, subset={"random": 8, "seed": 1})
    dataset, origins = own.prepare(specification, tmp_path)
    rows = origins.train.astype(int)
    assert len(rows) == 8 and (dataset.images_train[:, 0] == rows).all()
    whole = own.prepare(table(tmp_path), tmp_path)[1].train
    assert (whole[dataset.sample_id] == origins.train).all()
    assert (dataset.label_train == np.where(TABLE["kind"].iloc[rows] == "x", 1, -1)).all()


def test_a_task_that_the_data_do_not_have_is_refused(tmp_path):
    refused(replace(table(tmp_path), task={"pair": [0, 7]}), tmp_path, r"table:own.csv by kind, task 0 against 7: no")


def test_a_share_to_test_of_data_that_are_split_is_refused(tmp_path):
    import test_folder

    test_folder.write(tmp_path / "pictures", [f"{s}/{c}/0.png" for s in ("train", "test") for c in "ab"])
    specification = OwnDataset("folder", "pictures", "classes", test_fraction=0.3)
    refused(specification, tmp_path, "pictures has a test split of its own; leave `test_fraction` out")
