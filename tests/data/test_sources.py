import gzip
import hashlib
import os
import shutil

import numpy as np
import pytest
from conftest import own, own_arrays, write_idx

from workflow.stragglers.data import sources
from workflow.stragglers.data.datasets import Dataset, check, content, features, prepare
from workflow.stragglers.data.sources import OFFICIAL
from workflow.stragglers.spec.specification import Dataset as Specification
from workflow.stragglers.support.errors import InputError

IDX_SOURCES = [name for name in OFFICIAL if name != "CIFAR10"]


# Own files


def test_a_missing_file_is_named_with_the_folder(tmp_path):
    with pytest.raises(InputError, match=r"own.npz.*data_dir"):
        prepare(Specification("npz", file="own.npz"), tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    specification = own(tmp_path)
    whole = (tmp_path / "own.npz").read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 30):
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


@pytest.mark.parametrize(
    ("written", "beginning"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", r"'version https://git-lfs\.'"),
        (b"<!DOCTYPE html><html>Not found</html>", "'<!DOCTYPE html>"),
        (b"x,y\n1,2\n", r"'x,y\\n1,2\\n'"),
        (b"\x93NUMPY\x01\x00v\x00", r"'\\x93NUMPY"),
        (b"", "''"),
    ],
)
def test_what_is_no_npz_archive_is_told_by_its_beginning(tmp_path, written, beginning):
    (tmp_path / "own.npz").write_bytes(written)
    with pytest.raises(InputError, match=rf"own.npz is no npz archive \(it begins with {beginning}") as error:
        prepare(Specification("npz", file="own.npz"), tmp_path)
    assert "pickle" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named_with_those_that_are_there(tmp_path, key):
    with pytest.raises(InputError, match=rf"own.npz: {key} is missing \(it holds [xy]_.*must hold"):
        prepare(own(tmp_path, **{key: None}), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_train": np.full(40, 0.5)}, "y_train must hold class numbers, and 0.5 is none"),
        ({"y_train": np.full(40, np.nan)}, "y_train must hold class numbers, and nan is none"),
        ({"y_train": np.full(40, np.inf)}, "y_train must hold classes of at most 32767"),
        ({"y_train": np.full(40, "cat")}, r"y_train must hold class numbers, not <U3; numpy\.unique"),
        ({"y_train": np.eye(4)[np.arange(40) % 4]}, r"y_train \(40, 4\) must hold one class a sample.* numpy\.argmax"),
        ({"y_test": np.zeros((20, 1), int)}, r"y_test \(20, 1\) must hold one class a sample.* numpy\.ravel"),
        ({"y_train": np.array(1)}, r"y_train \(\) must hold one class a sample"),
        ({"x_train": np.full((40, 3, 4), np.nan)}, "x_train holds NaN"),
        ({"x_test": np.full((20, 3, 4), np.inf)}, "x_test holds NaN, infinite"),
        ({"x_train": np.full((40, 3, 4), "a")}, "x_train must hold numbers"),
        ({"x_train": np.full((40, 3, 4), 1j)}, "x_train must hold numbers"),
        ({"y_train": np.zeros(39, int)}, r"x_train \(40, 3, 4\) and y_train \(39,\) do not match"),
        ({"x_train": np.zeros(40)}, r"x_train \(40,\) must be vectors"),
        ({"x_test": np.zeros((20, 4, 3))}, "x_train and x_test hold images of different shapes"),
        ({"x_train": np.full((40, 3, 4), 1e39)}, "x_train holds NaN, infinite or larger"),
        ({"x_train": np.zeros((40, 3, 8, 8))}, "x_train .* must be vectors .* numpy.moveaxis"),
        ({"x_train": np.zeros((40, 3, 8, 8, 1))}, "x_train .* must be vectors"),
        ({"x_train": np.zeros((40, 3, 8, 4))}, r"x_train .* 1 or 3 channels.* x\[\.\.\., :3\] leaves alpha out"),
        ({"x_train": np.zeros((40, 3, 8, 2))}, "x_train .* 1 or 3 channels"),
        ({"y_train": np.full(40, 40000)}, "y_train must hold classes of at most 32767"),
        ({"y_train": np.full(40, np.iinfo(np.int64).min)}, "y_train must hold classes of at most 32767"),
        ({"y_train": np.zeros(0, int), "x_train": np.zeros((0, 3, 4))}, None),
        ({"x_train": np.array([{"a": 1}] * 40, object)}, "x_train holds Python objects"),
        ({"y_train": np.array([{"a": 1}] * 40, object)}, "y_train holds Python objects"),
    ],
)
def test_unusable_arrays_are_refused_by_name_before_anything_runs(tmp_path, changes, message):
    specification = own(tmp_path, **changes)
    with pytest.raises(InputError, match=f"own.npz: {message}" if message else "npz:own.npz.*no sample") as error:
        check(specification, tmp_path)
    assert "allow_pickle" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x.astype(">f4"), y.astype(">i2")),
        lambda x, y: (np.asfortranarray(x), y[::-1][::-1]),
        lambda x, y: (x.astype(np.float16), y.astype(np.uint64)),
        lambda x, y: (x.astype(np.longdouble), y.astype(np.int8)),
        lambda x, y: (x > 120, y),
        lambda x, y: (x.astype(np.int64), y.astype(float)),
        lambda x, y: (x[..., None], y % 2 == 1),
        lambda x, y: (x.reshape(len(x), -1), np.array([-5, 7, 30000, 11])[y]),
    ],
)
def test_odd_but_legal_arrays_are_what_they_say(tmp_path, change):
    arrays = own_arrays()
    plain = prepare(own(tmp_path), tmp_path)
    changed = {}
    for part in ("train", "test"):
        changed[f"x_{part}"], changed[f"y_{part}"] = change(arrays[f"x_{part}"], arrays[f"y_{part}"])
    dataset = prepare(own(tmp_path, **changed), tmp_path)
    dataset.save(tmp_path / "dataset.npz")
    dataset = Dataset.load(tmp_path / "dataset.npz")
    assert dataset.images_train.dtype == changed["x_train"].dtype
    assert (dataset.images_train == changed["x_train"]).all()
    assert (dataset.class_train == changed["y_train"]).all()
    assert (dataset.label_train == np.where(np.asarray(changed["y_train"], int) % 2, 1, -1)).all()
    train, test, varying = features(dataset)
    assert np.isfinite(train).all() and np.isfinite(test).all()
    if changed["x_train"].dtype != bool:
        assert np.allclose(train, features(plain)[0])


def test_the_content_of_an_own_file_identifies_it(tmp_path):
    own(tmp_path)
    before = content("npz", "own.npz", tmp_path)
    own(tmp_path, y_test=np.arange(20) % 4)
    assert content("npz", "own.npz", tmp_path) != before
    assert content("MNIST", None, tmp_path) is None


def test_a_file_that_changed_since_the_study_was_planned_is_refused(tmp_path):
    own(tmp_path)
    planned = Specification("npz", "own.npz", content=content("npz", "own.npz", tmp_path))
    assert prepare(planned, tmp_path)
    own(tmp_path, y_test=np.arange(20) % 4)
    with pytest.raises(InputError, match=r"own.npz is not what it was when the study was planned.*again"):
        prepare(planned, tmp_path)


# Official files


def made_up(folder, source="MNIST", n=12):
    """Files that are whole and well formed, but not the official ones: where they are, by their official names."""
    files = {file: folder / file for file in OFFICIAL[source]}
    for seed, (file, path) in enumerate(files.items()):
        shape = (n, 28, 28) if "images" in file else (n,)
        write_idx(path, np.random.default_rng(seed).integers(10, size=shape))
    return files


@pytest.fixture
def official(tmp_path, monkeypatch):
    """Small files that are the official ones of MNIST for the time of a test."""
    files = made_up(tmp_path)
    checksums = {file: hashlib.sha256(path.read_bytes()).hexdigest() for file, path in files.items()}
    monkeypatch.setitem(OFFICIAL, "MNIST", checksums)
    return files


@pytest.mark.parametrize("source", IDX_SOURCES)
@pytest.mark.parametrize("refuses", [check, prepare])
def test_well_formed_files_of_other_content_are_not_official(tmp_path, source, refuses):
    made_up(tmp_path, source)
    message = rf"{source}/raw/train-images-idx3-ubyte is not the official {source} file.*data_dir/{source}/raw/ with"
    with pytest.raises(InputError, match=message):
        refuses(Specification(source), tmp_path)


@pytest.mark.parametrize("file", [file for source in OFFICIAL for file in OFFICIAL[source]])
def test_each_file_of_each_source_is_held_to_its_checksum(tmp_path, file):
    (source,) = (source for source in OFFICIAL if file in OFFICIAL[source])
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_bytes(b"made up")
    with pytest.raises(InputError, match=f"{file} is not the official {source} file"):
        check(Specification(source), tmp_path)


def test_absent_files_are_to_be_downloaded(tmp_path, official):
    check(Specification("MNIST", subset={"first": 4}), tmp_path)
    official["MNIST/raw/t10k-labels-idx1-ubyte"].unlink()
    check(Specification("MNIST"), tmp_path)
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte is missing.*MNIST/raw/ with train-images"):
        prepare(Specification("MNIST"), tmp_path)


@pytest.mark.parametrize(
    "move", [lambda path: path.with_name(path.name.replace("-idx", ".idx")), lambda path: path.parents[1] / path.name]
)
@pytest.mark.parametrize("packed", [False, True])
def test_official_files_are_known_by_their_content_wherever_they_were_unpacked(tmp_path, official, move, packed):
    before = prepare(Specification("MNIST"), tmp_path)
    for path in official.values():
        raw = path.read_bytes()
        path.unlink()
        moved = move(path)
        moved.with_name(moved.name + packed * ".gz").write_bytes(gzip.compress(raw) if packed else raw)
    check(Specification("MNIST"), tmp_path)
    after = prepare(Specification("MNIST"), tmp_path)
    assert all(np.array_equal(value, getattr(after, name)) for name, value in vars(before).items())


@pytest.mark.parametrize("packed", [b"", b"no gzip", gzip.compress(b"another")], ids=["empty", "no gzip", "another"])
def test_a_packed_file_of_other_content_is_named(tmp_path, official, packed):
    path = official["MNIST/raw/train-labels-idx1-ubyte"]
    path.unlink()
    path.with_name(path.name + ".gz").write_bytes(packed)
    with pytest.raises(InputError, match=rf"{path.name}\.gz (cannot be read|is not the official).*MNIST/raw/ with"):
        check(Specification("MNIST"), tmp_path)


def test_colour_images_come_as_torchvision_reads_them(tmp_path, monkeypatch):
    import pickle

    from torchvision.datasets import CIFAR10

    rng, checksums = np.random.default_rng(0), {}
    (tmp_path / "cifar-10-batches-py").mkdir()
    for file in OFFICIAL["CIFAR10"]:
        batch = {"data": rng.integers(0, 256, (5, 3072), np.uint8), "labels": rng.integers(0, 10, 5).tolist()}
        (tmp_path / file).write_bytes(pickle.dumps(batch))
        checksums[file] = hashlib.md5((tmp_path / file).read_bytes()).hexdigest()
    monkeypatch.setitem(OFFICIAL, "CIFAR10", checksums)
    monkeypatch.setattr(CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr(CIFAR10, "_load_meta", lambda self: None)
    for split, train in zip(sources.SOURCES["CIFAR10"](tmp_path), (True, False), strict=True):
        theirs = CIFAR10(tmp_path, train)
        assert np.array_equal(split[0], theirs.data) and np.array_equal(split[1], theirs.targets)


def test_one_altered_byte_of_an_official_file_is_noticed(raw_data, tmp_path):
    folder = shutil.copytree(os.path.join(raw_data, "MNIST"), tmp_path / "MNIST", copy_function=os.symlink) / "raw"
    path = folder / "t10k-labels-idx1-ubyte"
    altered = bytearray(path.read_bytes())
    altered[100] ^= 1
    path.unlink()
    path.write_bytes(altered)
    for refuses in (check, prepare):
        with pytest.raises(InputError, match="t10k-labels-idx1-ubyte is not the official MNIST file"):
            refuses(Specification("MNIST"), tmp_path)


def test_the_official_test_file_of_kmnist_has_its_checksum(raw_data, tmp_path):
    """An own file holds its 10,000 images in their order."""
    with np.load(os.path.join(raw_data, "kmnist-10k.npz")) as held:
        for file, name in (("t10k-images-idx3-ubyte", "x"), ("t10k-labels-idx1-ubyte", "y")):
            write_idx(tmp_path / "KMNIST/raw" / file, np.concatenate([held[f"{name}_train"], held[f"{name}_test"]]))
    check(Specification("KMNIST"), tmp_path)
