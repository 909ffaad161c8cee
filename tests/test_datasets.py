import os
import shutil

import numpy as np
import pytest
from conftest import synthetic, write_idx
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.datasets import (
    DIGITS_TRAIN,
    IDX_FILES,
    Dataset,
    check_files,
    choose,
    content,
    features,
    flatten,
    labels,
    prepare,
)
from workflow.stragglers.errors import InputError
from workflow.stragglers.specification import Dataset as Specification


def arrays(n_train=40, n_test=20, n_classes=4):
    made = synthetic(n_train, n_test, n_classes)
    return {
        "x_train": made.images_train,
        "y_train": made.class_train,
        "x_test": made.images_test,
        "y_test": made.class_test,
    }


def own(tmp_path, **changes):
    """A specification for a user's file, with some of its arrays changed or (None) left out."""
    held = {name: array for name, array in (arrays() | changes).items() if array is not None}
    np.savez(tmp_path / "own.npz", **held)
    return Specification("npz", file="own.npz")


def fake_mnist(tmp_path, name="MNIST", n=12):
    """Files that are whole and well formed, but not the official ones."""
    folder = tmp_path / name / "raw"
    for file in IDX_FILES:
        images = "images" in file
        write_idx(folder / file, np.arange(n * 784 if images else n).reshape((n, 28, 28) if images else n) % 10)
    return folder


# Features


def test_standardised_training_features_have_mean_0_and_deviation_1(small):
    train, _, _ = features(small)
    assert np.allclose(train.mean(axis=0, dtype=float), 0, atol=1e-6)
    assert np.allclose(train.std(axis=0, dtype=float), 1, atol=1e-6)


def test_test_features_use_the_training_mean_and_deviation(small):
    _, test, varying = features(small)
    train, raw = (x.reshape(len(x), -1).astype(float)[:, varying] for x in (small.images_train, small.images_test))
    assert np.allclose(test, (raw - train.mean(0)) / train.std(0), atol=1e-5)


def test_a_pixel_constant_in_training_is_left_out_of_both_splits(small):
    train, test, varying = features(small)
    assert np.ptp(small.images_test[:, 0, 0]) > 0
    assert not varying[0] and varying[1:].all()
    assert train.shape[1] == test.shape[1] == varying.sum()
    assert np.abs(test).max() < 100


def test_features_leave_the_raw_pixels_as_they_were(small):
    before = small.images_train.copy()
    features(small)
    assert (small.images_train == before).all()


def test_colour_channels_are_summed():
    images = np.full((2, 3, 3, 3), 200, np.uint8)
    images[1, 0, 0] = (1, 2, 3)
    flat = flatten(images)
    assert flat.shape == (2, 9) and flat[1, 0] == 6 and (flat[0] == 600).all()


def test_a_dataset_survives_saving(small, tmp_path):
    small.save(tmp_path / "dataset.npz")
    loaded = Dataset.load(tmp_path / "dataset.npz")
    assert all(np.array_equal(value, getattr(loaded, name)) for name, value in vars(small).items())


# Labels


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("parity", [-1, 1, -1, 1, -1]),
        ({"pair": [3, 1]}, [0, 1, 0, -1, 0]),
        ({"one_vs_rest": 2}, [-1, -1, 1, -1, -1]),
        ({"groups": [[0, 4], [1]]}, [-1, 1, 0, 0, -1]),
    ],
)
def test_labels(task, expected):
    assert labels(task, np.arange(5)).tolist() == expected


def test_a_class_of_both_groups_is_refused():
    with pytest.raises(InputError, match=r"\[1\] would be in both groups"):
        labels({"groups": [[0, 1], [1, 2]]}, np.arange(3))


def test_samples_that_are_all_the_same_are_refused(tmp_path):
    with pytest.raises(InputError, match="all samples of the training subset are the same"):
        prepare(own(tmp_path, x_train=np.ones((40, 3, 4))), tmp_path)


def test_an_unknown_task_is_named():
    with pytest.raises(InputError, match="`task` 'colour'"):
        labels("colour", np.arange(3))


# Subsets

candidates = st.lists(st.integers(0, 500), min_size=2, max_size=60, unique=True).map(lambda ids: np.array(sorted(ids)))


@given(candidates, st.data())
def test_random_subsets_are_seeded_distinct_sorted_draws(ids, data):
    size, seed = data.draw(st.integers(2, len(ids))), data.draw(st.integers(0, 2**32))
    drawn = choose(ids, {"random": size, "seed": seed})
    assert len(drawn) == size and set(drawn) <= set(ids)
    assert (np.diff(drawn) > 0).all()
    assert (drawn == choose(ids, {"random": size, "seed": seed})).all()


def test_random_subsets_differ_between_seeds():
    ids = np.arange(1000)
    assert (choose(ids, {"random": 100, "seed": 0}) != choose(ids, {"random": 100, "seed": 1})).any()


@given(candidates, st.data())
def test_blocks_are_disjoint_and_in_order(ids, data):
    size = data.draw(st.integers(2, len(ids)))
    blocks = [choose(ids, {"block": b, "size": size}) for b in range(len(ids) // size)]
    assert (np.concatenate(blocks) == ids[: size * len(blocks)]).all()


def test_first_is_block_zero_and_none_is_all():
    ids = np.arange(10, 30)
    assert choose(ids, {"first": 7}).tolist() == choose(ids, {"block": 0, "size": 7}).tolist() == list(range(10, 17))
    assert choose(ids, None) is ids


@pytest.mark.parametrize("subset", [{"first": 11}, {"block": 1, "size": 6}, {"random": 11, "seed": 0}])
def test_a_subset_larger_than_the_data_is_refused_by_its_key(subset):
    with pytest.raises(InputError, match=r"`subset`.*have 10"):
        choose(np.arange(10), subset)


def test_a_subset_as_large_as_the_data_is_all_of_them():
    assert len(choose(np.arange(10), {"random": 10, "seed": 0})) == len(choose(np.arange(10), {"first": 10})) == 10


# Preparing


@pytest.mark.parametrize("subset", [None, {"first": 9}, {"block": 1, "size": 6}, {"random": 9, "seed": 3}])
def test_sample_ids_trace_back_to_raw_images(tmp_path, subset):
    own(tmp_path)
    raw = arrays()
    dataset = prepare(Specification("npz", "own.npz", {"pair": [0, 1]}, subset), tmp_path)
    assert len(dataset.sample_id) == (len(dataset.images_train))
    assert (dataset.images_train == raw["x_train"][dataset.sample_id]).all()
    assert (dataset.class_train == raw["y_train"][dataset.sample_id]).all()
    assert set(dataset.class_train) == {0, 1}
    assert (dataset.label_train == np.where(dataset.class_train == 1, 1, -1)).all()


def test_the_test_split_is_whole_but_for_classes_out_of_the_task(tmp_path):
    own(tmp_path)
    raw = arrays()
    dataset = prepare(Specification("npz", "own.npz", {"pair": [0, 1]}, {"first": 8}), tmp_path)
    assert (dataset.images_test == raw["x_test"][raw["y_test"] < 2]).all()


def test_digits_train_on_the_first_1500_and_test_on_the_last_297():
    from sklearn.datasets import load_digits

    dataset = prepare(Specification("digits"), "nowhere")
    raw = load_digits()
    assert (len(dataset.images_train), len(dataset.images_test)) == (DIGITS_TRAIN, 297)
    assert (dataset.images_train == raw.images[:1500]).all() and (dataset.images_test == raw.images[1500:]).all()
    assert (dataset.label_train == np.where(raw.target[:1500] % 2, 1, -1)).all()


def test_a_label_without_training_samples_is_refused(tmp_path):
    specification = own(tmp_path, y_train=np.zeros(40, int))
    with pytest.raises(InputError, match=r"npz:own.npz.*training subset has label \+1.*`task`"):
        prepare(specification, tmp_path)


def test_a_label_without_test_samples_is_refused(tmp_path):
    specification = own(tmp_path, y_test=np.ones(20, int))
    with pytest.raises(InputError, match=r"test split has label -1"):
        prepare(specification, tmp_path)


# Own files


def test_a_missing_file_is_named_with_the_folder(tmp_path):
    with pytest.raises(InputError, match=r"own.npz.*data_dir"):
        prepare(Specification("npz", file="own.npz"), tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    specification = own(tmp_path)
    whole = (tmp_path / "own.npz").read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 30):
        (tmp_path / "own.npz").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"own.npz cannot be read"):
            prepare(specification, tmp_path)


def test_a_flipped_byte_is_noticed(tmp_path):
    specification = own(tmp_path)
    whole = bytearray((tmp_path / "own.npz").read_bytes())
    whole[300] ^= 255
    (tmp_path / "own.npz").write_bytes(whole)
    with pytest.raises(InputError, match=r"own.npz cannot be read"):
        prepare(specification, tmp_path)


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named(tmp_path, key):
    with pytest.raises(InputError, match=rf"own.npz: {key} .*must hold"):
        prepare(own(tmp_path, **{key: None}), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_train": np.zeros(40)}, "y_train must hold integer classes, not float64"),
        ({"y_test": np.zeros(20, bool)}, "y_test must hold integer classes, not bool"),
        ({"x_train": np.full((40, 3, 4), np.nan)}, "x_train holds NaN"),
        ({"x_test": np.full((20, 3, 4), np.inf)}, "x_test holds NaN, infinite"),
        ({"x_train": np.full((40, 3, 4), "a")}, "x_train must hold numbers"),
        ({"y_train": np.zeros(39, int)}, "x_train .* and y_train .* do not match"),
        ({"y_test": np.zeros((20, 1), int)}, "x_test .* and y_test .* do not match"),
        ({"x_train": np.zeros(40)}, "x_train .* do not match"),
        ({"x_test": np.zeros((20, 4, 3))}, "x_train and x_test hold images of different shapes"),
        ({"x_train": np.full((40, 3, 4), 1e39)}, "x_train holds NaN, infinite or larger"),
        ({"x_train": np.zeros((40, 3, 8, 8))}, "x_train .* must be vectors .* numpy.moveaxis"),
        ({"x_train": np.zeros((40, 3, 8, 8, 1))}, "x_train .* must be vectors"),
        ({"y_train": np.full(40, 40000)}, "y_train must hold classes of at most 32767"),
    ],
)
def test_unusable_arrays_are_refused_by_name(tmp_path, changes, message):
    with pytest.raises(InputError, match=f"own.npz: {message}"):
        prepare(own(tmp_path, **changes), tmp_path)


def test_pickled_objects_are_not_loaded(tmp_path):
    objects = np.array([{"a": 1}] * 40, object)
    with pytest.raises(InputError, match="own.npz cannot be read.*pickle"):
        prepare(own(tmp_path, x_train=objects), tmp_path)


def test_the_content_of_an_own_file_identifies_it(tmp_path):
    own(tmp_path)
    before = content("npz", "own.npz", tmp_path)
    own(tmp_path, y_test=np.arange(20) % 4)
    assert content("npz", "own.npz", tmp_path) != before
    assert content("MNIST", None, tmp_path) is None


# torchvision's files


def test_a_truncated_idx_file_is_named(tmp_path):
    folder = fake_mnist(tmp_path)
    check_files("MNIST", None, tmp_path)
    path = folder / IDX_FILES[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=f"{IDX_FILES[0]} is damaged"):
        check_files("MNIST", None, tmp_path)
    with pytest.raises(InputError, match=f"{IDX_FILES[0]} is damaged"):
        prepare(Specification("MNIST"), tmp_path)


@pytest.mark.parametrize("text", [b"", b"\0\0\x08", b"<html>not found</html>"])
def test_a_file_that_is_no_idx_file_is_named(tmp_path, text):
    path = fake_mnist(tmp_path) / IDX_FILES[1]
    path.write_bytes(text)
    with pytest.raises(InputError, match=f"{IDX_FILES[1]} is not an IDX file"):
        check_files("MNIST", None, tmp_path)


@pytest.mark.parametrize("source", ["MNIST", "KMNIST", "FashionMNIST"])
def test_a_missing_idx_file_is_named(tmp_path, source):
    (fake_mnist(tmp_path, source) / IDX_FILES[3]).unlink()
    with pytest.raises(InputError, match=f"{IDX_FILES[3]} is missing"):
        check_files(source, None, tmp_path)


def test_an_absent_folder_means_download(tmp_path):
    check_files("MNIST", None, tmp_path)


def test_a_failed_download_names_the_source_and_the_folder(tmp_path, monkeypatch):
    import torchvision

    def offline(**_):
        raise RuntimeError("no route")

    monkeypatch.setattr(torchvision.datasets, "MNIST", offline)
    with pytest.raises(InputError, match=r"MNIST is not in `data_dir`.*no route"):
        prepare(Specification("MNIST"), tmp_path)


def test_a_well_formed_file_with_other_content_is_not_official(tmp_path):
    fake_mnist(tmp_path)
    with pytest.raises(InputError, match="train-images-idx3-ubyte is not the official MNIST file"):
        prepare(Specification("MNIST"), tmp_path)


def test_one_altered_byte_of_an_official_file_is_noticed(raw_data, tmp_path):
    folder = shutil.copytree(os.path.join(raw_data, "MNIST"), tmp_path / "MNIST", copy_function=os.symlink) / "raw"
    path = folder / "t10k-labels-idx1-ubyte"
    altered = bytearray(path.read_bytes())
    altered[100] ^= 1
    path.unlink()
    path.write_bytes(altered)
    check_files("MNIST", None, tmp_path)
    with pytest.raises(InputError, match="t10k-labels-idx1-ubyte is not the official MNIST file"):
        prepare(Specification("MNIST"), tmp_path)


def test_the_first_8192_of_mnist_have_669_varying_pixels(raw_data):
    dataset = prepare(Specification("MNIST", subset={"first": 8192}), raw_data)
    train, test, varying = features(dataset)
    assert varying.sum() == 669
    assert train.shape == (8192, 669) and test.shape == (10000, 669)
    assert np.isfinite(test).all()
    assert dataset.class_train[:5].tolist() == [5, 0, 4, 1, 9]


def test_the_official_fashion_files_load(raw_data):
    dataset = prepare(Specification("FashionMNIST", subset={"block": 1, "size": 8192}), raw_data)
    assert dataset.sample_id.tolist() == list(range(8192, 16384))
    assert len(dataset.images_test) == 10000


def test_kmnist_loads_as_an_own_file(raw_data):
    dataset = prepare(Specification("npz", file="kmnist-10k.npz"), raw_data)
    assert dataset.images_train.shape == (8192, 28, 28) and dataset.images_test.shape == (1808, 28, 28)


def test_colour_images_load_as_an_own_file(raw_data):
    dataset = prepare(Specification("npz", "cifar10-jpeg.npz", {"pair": [0, 1]}), raw_data)
    train, _, varying = features(dataset)
    assert train.shape == (2041, 1024) and varying.all()
