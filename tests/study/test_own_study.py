import re

import pytest
from conftest import own
from project import REPOSITORY

from workflow.stragglers.spec.configuration import validate
from workflow.stragglers.study.own import described, name_of, own_study
from workflow.stragglers.study.study import Study
from workflow.stragglers.support.errors import InputError

SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"
TABLE = "kind,x,y\n" + "u,1,2\nv,2,1\n" * 5


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["own.npz", "a b'c\"$d/{x}.csv", "ü 猫.csv", "./2024.csv", "table.CSV"])
def test_a_path_is_a_whole_study(here, path):
    (here / path).parent.mkdir(exist_ok=True)
    if path.endswith("npz"):
        own(here)
    else:
        (here / path).write_text(TABLE, encoding="utf-8")
    config = own_study(path, None if path.endswith("npz") else "kind")
    validate(config, SCHEMA)
    study = Study(config)
    ((cell, blocks),) = study.blocks.items()
    assert blocks == ["0-9"] and (cell.network, cell.optimizer) == ("reference", "gd")
    assert study.datasets[cell.dataset].task == "classes" and not study.ablations
    assert described(config).count("\n") == 1 and f"results/{study.name}" in described(config)


def test_a_toy_set_is_one_by_its_name_unless_there_is_a_file(here):
    assert own_study("wine")["datasets"] == {
        "wine": {"source": "sklearn", "task": "classes", "title": "wine", "name": "wine"}
    }
    (here / "wine").mkdir()
    assert own_study("wine")["datasets"]["wine"]["source"] == "folder"


@pytest.mark.parametrize("path", [".", "..", "sub/.", "sub/"])
def test_a_folder_is_called_by_its_own_name(here, path):
    (here / "sub").mkdir()
    name = {".": here.name, "..": here.parent.name}.get(path, "sub")
    config = own_study(path)
    assert config["study"] == name_of(name)
    assert next(iter(config["datasets"].values()))["file"] == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my cats & dogs", "my_cats_dogs"),
        ("2024", "data_2024"),
        ("Füße", "Fue"),
        ("猫", "data"),
        ("Runs", "Runs_data"),
        ("digits", "digits_data"),
        ("x" * 300, "x" * 90),
        ("_a_", "a"),
        ("a\nb", "a_b"),
    ],
)
def test_a_name_is_what_a_study_may_be_called(text, name):
    assert name_of(text, ["digits"]) == name
    assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name_of(text))


@pytest.mark.parametrize(
    ("path", "label", "message"),
    [
        ("gone.csv", None, "data, gone.csv: there is no such file or folder; .*breast_cancer, wine"),
        ("a.txt", None, r"data, a.txt: is no \.npz, \.csv"),
        (".", "kind", "label, kind: only a table has columns, and .* is a folder; leave it out"),
    ],
)
def test_a_path_without_data_is_refused(here, path, label, message):
    (here / "a.txt").touch()
    with pytest.raises(InputError, match=message):
        own_study(path, label)
