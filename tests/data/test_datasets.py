from dataclasses import replace

import numpy as np
import pytest
from conftest import own, own_arrays
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data.datasets import Dataset, check, choose, features, flatten, prepare
from workflow.stragglers.data.sources import DIGITS_TRAIN
from workflow.stragglers.spec.specification import Dataset as Specification
from workflow.stragglers.support.errors import InputError

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


@pytest.mark.parametrize("offset", [1e8, 1e9, -1e12])
def test_an_offset_of_the_data_costs_no_feature(tmp_path, offset):
    x = np.random.default_rng(0).integers(-4000, 4000, (60, 3)) / 1000
    split = {"x_train": x[:40], "x_test": x[40:]}
    plain, moved = (
        features(prepare(own(tmp_path, **{name: part + shift for name, part in split.items()}), tmp_path))
        for shift in (0, offset)
    )
    assert moved[2].all()
    for part in (0, 1):
        assert np.allclose(plain[part], moved[part], atol=1e-3)


def test_a_dataset_survives_saving(small, tmp_path):
    small.save(tmp_path / "dataset.npz")
    loaded = Dataset.load(tmp_path / "dataset.npz")
    assert all(np.array_equal(value, getattr(loaded, name)) for name, value in vars(small).items())


# Labels


def test_data_of_which_no_feature_varies_are_refused(tmp_path):
    # Colours that vary while their sum does not are nothing to a network.
    colours = np.stack([np.roll([10, 20, 30], n) for n in range(40)]).reshape(40, 1, 1, 3).repeat(4, axis=2)
    for x_train in (np.ones((40, 3, 4)), colours):
        specification = own(tmp_path, x_train=x_train, x_test=x_train[:20])
        for refuses in (prepare, check):
            with pytest.raises(InputError, match="no feature varies in the training subset"):
                refuses(specification, tmp_path)


def test_of_more_than_two_groups_a_label_is_the_number(tmp_path):
    own(tmp_path)
    raw = own_arrays()
    dataset = prepare(Specification("npz", "own.npz", "classes"), tmp_path)
    assert (dataset.label_train == raw["y_train"]).all() and (dataset.label_test == raw["y_test"]).all()
    grouped = prepare(Specification("npz", "own.npz", {"groups": [[3], [0], [1]]}), tmp_path)
    assert set(grouped.class_train) == {0, 1, 3}
    assert (grouped.label_train == np.array([1, 2, -1, 0])[grouped.class_train]).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_test": np.arange(20) % 3}, "no sample of the test split has class 3"),
        ({"y_train": np.zeros(40, int), "y_test": np.zeros(20, int)}, "fewer than two classes"),
    ],
)
def test_every_class_of_many_must_be_in_both_splits(tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        prepare(replace(own(tmp_path, **changed), task="classes"), tmp_path)


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
    raw = own_arrays()
    dataset = prepare(Specification("npz", "own.npz", {"pair": [0, 1]}, subset), tmp_path)
    assert len(dataset.sample_id) == (len(dataset.images_train))
    assert (dataset.images_train == raw["x_train"][dataset.sample_id]).all()
    assert (dataset.class_train == raw["y_train"][dataset.sample_id]).all()
    assert set(dataset.class_train) == {0, 1}
    assert (dataset.label_train == np.where(dataset.class_train == 1, 1, -1)).all()


def test_the_test_split_is_whole_but_for_classes_out_of_the_task(tmp_path):
    own(tmp_path)
    raw = own_arrays()
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


# Checking before anything runs


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        (Specification("digits", subset={"first": 1501}), "`subset` .* 1501 .* 1500"),
        (Specification("digits", task={"pair": [3, 12]}), r"no sample of the training subset has label \+1"),
        (Specification("planted", subset={"first": 65}, planted={"n_train": 64}), "`subset` .* 65 .* 64"),
    ],
)
def test_a_task_or_subset_that_the_data_do_not_have_is_refused(specification, message):
    with pytest.raises(InputError, match=message):
        check(specification, "nowhere")


@pytest.mark.parametrize(
    "changes", [{"x_train": np.full((40, 3, 4), np.nan)}, {"x_test": None}, {"y_test": np.ones(20)}]
)
def test_a_users_file_is_checked_whole(tmp_path, changes):
    own(tmp_path)
    check(Specification("npz", "own.npz"), tmp_path)
    with pytest.raises(InputError, match=r"own\.npz"):
        check(own(tmp_path, **changes), tmp_path)


# Real data


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
