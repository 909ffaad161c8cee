"""Raw data as they may come: damaged in any way, odd but legal, or easy to a fault."""

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import own_arrays, write_idx
from PIL import Image
from project import Project
from test_damage import damages

from workflow.stragglers.data import datasets, own
from workflow.stragglers.data.datasets import features
from workflow.stragglers.data.sources import OFFICIAL
from workflow.stragglers.spec.own import OwnDataset
from workflow.stragglers.spec.specification import Dataset as Specification
from workflow.stragglers.support.errors import InputError

DAMAGED = "raw data: damaged files, refused in one line or read as they are"
ODD = "raw data: arrays that are odd but legal, read as they are meant"


def archive(folder, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def npz(folder):
    return archive(folder, **own_arrays()), lambda: datasets.prepare(Specification("npz", "own.npz"), folder)


def packed(folder):
    np.savez_compressed(folder / "own.npz", **own_arrays())
    return folder / "own.npz", lambda: datasets.prepare(Specification("npz", "own.npz"), folder)


def unsplit(folder):
    rng = np.random.default_rng(0)
    file = archive(folder, X=rng.normal(size=(40, 6)), y=np.arange(40) % 2)
    return file, lambda: own.prepare(OwnDataset("npz", "own.npz", "classes", test_fraction=0.2), folder)


def table(ending):
    def made(folder):
        file = folder / f"own.{ending}"
        frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 4)), columns=[*"abcd"])
        frame = frame.assign(kind=["x", "y"] * 20)
        frame.to_parquet(file) if ending == "parquet" else frame.to_csv(file, index=False)
        of = OwnDataset("table", file.name, "classes", label="kind", test_fraction=0.2)
        return file, lambda: own.prepare(of, folder)

    return made


def image(ending):
    def made(folder):
        pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 7), np.uint8)
        for number, one in enumerate(pixels):
            file = folder / f"pictures/{'ab'[number % 2]}/{number}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(one).save(file)
        return file, lambda: own.prepare(OwnDataset("folder", "pictures", "classes", test_fraction=0.2), folder)

    return made


def idx(folder):
    for file in OFFICIAL["MNIST"]:
        shape = (12, 28, 28) if "images" in file else (12,)
        write_idx(folder / file, np.random.default_rng(0).integers(10, size=shape))
    return folder / file, lambda: datasets.prepare(Specification("MNIST"), folder)


FORMS = {
    "npz": npz,
    "npz, compressed": packed,
    "npz, not split": unsplit,
    "csv": table("csv"),
    "parquet": table("parquet"),
    **{ending: image(ending) for ending in ("png", "jpg", "bmp", "tif", "gif")},
    "idx": idx,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.counts(DAMAGED)
def test_a_damaged_file_is_one_line_or_the_data_that_it_holds(tmp_path, form, record_property):
    file, prepare = FORMS[form](tmp_path)
    whole, wrong = file.read_bytes(), {}
    contents = [*damages(whole, count=60), b"", b"\0" * 64, whole + b"more", b"PK\3\4", b"text"]
    for number, damaged in enumerate(contents):
        file.write_bytes(damaged)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                prepare()
        except InputError as error:
            if len(str(error).splitlines()) != 1 or len(str(error)) > 700:
                wrong[number] = str(error)
        except Exception as error:
            wrong[number] = repr(error)
    record_property("tried", len(contents))
    record_property("failed", len(wrong))
    assert not wrong, wrong


CHANGES = {
    "big-endian": lambda x, y: (x.astype(">i4"), y.astype(">i8")),
    "Fortran order": lambda x, y: (np.asfortranarray(x), y),
    "strided": lambda x, y: (np.repeat(x, 2, axis=0)[::2], np.repeat(y, 2)[::2]),
    "float16": lambda x, y: (x.astype(np.float16), y),
    "booleans": lambda x, y: (x > 120, y),
    "float64 with an offset": lambda x, y: (x + 2.0**30, y),
    "negative": lambda x, y: (-x.astype(np.int16), y),
    "classes as whole floats": lambda x, y: (x, y.astype(np.float32)),
    "classes as bytes": lambda x, y: (x, y.astype(np.uint8)),
    "gaps in classes": lambda x, y: (x, np.array([-300, 7, 30000, 11])[y]),
    "one channel": lambda x, y: (x[..., None], y),
    "an image that is constant": lambda x, y: (np.where(np.arange(len(x))[:, None, None] == 3, 5, x), y),
    "read-only": lambda x, y: (np.broadcast_to(x, x.shape), y),
    "compressed": None,
    "memory-mapped": None,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.counts(ODD)
def test_an_odd_array_is_what_it_says(tmp_path, name):
    arrays, changed = own_arrays(), {}
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if name == "memory-mapped":
            np.save(tmp_path / "x.npy", x)
            x = np.load(tmp_path / "x.npy", mmap_mode="r")
        elif CHANGES[name]:
            x, y = CHANGES[name](x.astype(np.int32), y)
        changed |= {f"x_{part}": x, f"y_{part}": y}
    (np.savez_compressed if name == "compressed" else np.savez)(tmp_path / "own.npz", **changed)
    dataset = datasets.prepare(Specification("npz", "own.npz"), tmp_path)
    for part in ("train", "test"):
        images, classes = getattr(dataset, f"images_{part}"), getattr(dataset, f"class_{part}")
        assert (images == changed[f"x_{part}"]).all() and (classes == changed[f"y_{part}"]).all()
        labels = np.where(np.asarray(changed[f"y_{part}"], int) % 2, 1, -1)
        assert (getattr(dataset, f"label_{part}") == labels).all()
    assert all(np.isfinite(part).all() for part in features(dataset))


REFUSED = {
    "one-hot classes": (lambda x, y: (x, np.eye(4)[y]), "one class a sample.* numpy.argmax"),
    "a column of classes": (lambda x, y: (x, y[:, None]), "one class a sample.* numpy.ravel"),
    "an alpha channel": (lambda x, y: (np.repeat(x[..., None], 4, -1), y), "1 or 3 channels.* leaves alpha out"),
    "channels first": (lambda x, y: (np.zeros((len(x), 3, 8, 8)), y), "numpy.moveaxis"),
    "numbers beyond single precision": (lambda x, y: (x * 1e38, y), "NaN, infinite or larger"),
    "words for classes": (lambda x, y: (x, np.array([*"abcd"])[y]), "class numbers.* numpy.unique"),
}
"""Name -> arrays that are usual elsewhere and mean nothing here, and what the refusal says, with its remedy."""


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.counts("raw data: arrays of another convention, refused in one line that says what makes them right")
def test_an_array_of_another_convention_is_refused_with_its_remedy(tmp_path, name):
    change, said = REFUSED[name]
    arrays = own_arrays()
    x, y = change(arrays["x_train"].astype(float), arrays["y_train"])
    archive(tmp_path, **arrays | {"x_train": x, "y_train": y})
    with pytest.raises(InputError, match=said) as refusal:
        datasets.prepare(Specification("npz", "own.npz"), tmp_path)
    assert len(str(refusal.value).splitlines()) == 1


EASY = {
    "few": lambda x, y: (x, (np.arange(len(y)) % 100 == 0).astype(int)),
    "twins": lambda x, y: (x[np.arange(len(x)) // 2 * 2], y),
    "same": lambda x, y: (x * (np.arange(len(x)) > 0)[:, None], y),
    "contradicting": lambda x, y: (
        np.round(x[:1] + 0 * x + (np.arange(len(x)) % 4 // 2)[:, None]),
        np.arange(len(x)) % 2,
    ),
    "one": lambda x, y: (x[:, :1], y),
}
"""Name -> data that are legal and hard to learn from: 99 to 1, duplicates, one image of zeros, equal images of two
classes, one feature."""


@pytest.mark.faults
@pytest.mark.counts("raw data: studies of data that are odd to learn from, finished with figures and report")
def test_odd_data_end_in_a_finished_study(tmp_path, record_property):
    project = Project(tmp_path / "project")
    (project.folder / "data").mkdir()
    rng = np.random.default_rng(0)
    for name, change in EASY.items():
        arrays = {}
        for part, n in (("train", 200), ("test", 200)):
            y = np.arange(n) % 2
            x, y = change(rng.normal(y[:, None], 1.0, (n, 4)), y)
            arrays |= {f"x_{part}": x, f"y_{part}": y}
        np.savez(project.folder / f"data/{name}.npz", **arrays)
    study = {
        "study": "odd",
        "datasets": {name: {"source": "npz", "file": f"{name}.npz"} for name in EASY},
        "networks": {"reference": {}},
        "optimizers": {"gd": {"lr": 0.2}},
        "training": {"epochs": 40, "device": "cpu"},
        "runs": [{"datasets": [*EASY], "seeds": ["0-1"]}],
        "ablations": [{"datasets": ["few"], "seeds": ["0-1"], "grid": 2, "random_draws": 1}],
    }
    project.run(study)
    project.run(study, "--report", "report.html")
    assert {*project.table("claims", "odd")["dataset"]} >= {*EASY}
    record_property("tried", len(EASY))
