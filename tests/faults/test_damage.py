"""Flips, cuts and zeros in every file that is written and read again: noticed, named, mended by the advice given."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from harness import contents, differing
from project import REPOSITORY, SMALLEST, UNDRAWN, Project

from workflow.stragglers.data.datasets import Dataset
from workflow.stragglers.sets.exemplars import Exemplars
from workflow.stragglers.sets.stragglers import StragglerSets
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.sealed import seal_of, sealed, write_table
from workflow.stragglers.tables.rows import read
from workflow.stragglers.training.trajectory import Trajectory

NOTICED = "damage: flips, cuts and zeros of results, noticed where they are read"


def damages(content, count=200, seed=0):
    """``content`` with one bit flipped, cut short, or with a stretch of zeros, at places that a seed gives."""
    rng = np.random.default_rng(seed)
    for at, bit in zip(rng.integers(len(content), size=count), rng.integers(8, size=count), strict=True):
        flipped = bytearray(content)
        flipped[at] ^= 1 << bit
        yield bytes(flipped)
    for at in rng.integers(len(content), size=10):
        yield content[:at]
        if any(content[at : at + 64]):
            yield content[:at] + bytes(len(content[at : at + 64])) + content[at + 64 :]


@pytest.fixture
def kept(tmp_path, small, written):
    """Name of a file that the workflow keeps -> how it is read."""
    sets = np.random.default_rng(0).random((6, 3, 40)) < 0.5
    trajectory = written(sets, gram=np.random.default_rng(1).normal(size=(6, 3, 1, 2, 2)))
    small.save(tmp_path / "dataset.npz")
    StragglerSets(np.arange(3), sets[0]).save(tmp_path / "sets.npz")
    points = {"images": small.images_train[:4], "classes": np.arange(4), "label": np.ones(4), "rate": np.ones(4)}
    Exemplars(**points, sample_id=np.arange(4), kind=np.full(4, "typical")).save(tmp_path / "exemplars.npz")
    write_table(pd.DataFrame({"epoch": np.arange(99), "D": np.linspace(0, 1, 99)}), tmp_path / "dynamics.parquet")
    streams = ("runs.parquet", "scalars.npz", "gram.npy", "misclassified.npy")
    return {
        **{f"{trajectory.folder.name}/{name}": lambda path: Trajectory(path.parent) for name in streams},
        "dataset.npz": Dataset.load,
        "sets.npz": StragglerSets.load,
        "exemplars.npz": Exemplars.load,
        "dynamics.parquet": lambda path: read(path, ["D"], epoch=[1, 2]),
    }


@pytest.mark.counts(NOTICED)
def test_damage_of_every_kind_of_file_is_noticed_where_it_is_read(kept, tmp_path, record_property):
    tried, unnoticed = 0, []
    for name, load in kept.items():
        path = tmp_path / name
        load(path)
        whole = path.read_bytes()
        for damaged in damages(whole):
            tried += 1
            path.write_bytes(damaged)
            try:
                load(path)
                unnoticed.append(name)
            except InputError as error:
                if not re.search(rf"{path.name} is damaged.*delete it", str(error)):
                    unnoticed.append(str(error))
        path.write_bytes(whole)
        load(path)
    record_property("tried", tried)
    record_property("failed", len(unnoticed))
    assert not unnoticed


def products(project):
    """All files of a study that bear a seal."""
    return [file for file in (project.folder / "results").rglob("[!.]*") if file.is_file() and seal_of(file).is_file()]


@pytest.mark.counts(NOTICED)
def test_damage_of_every_file_of_a_study_is_noticed(finished, record_property):
    tried, unnoticed = 0, []
    for file in products(finished):
        whole = file.read_bytes()
        for damaged in damages(whole, count=8):
            tried += 1
            file.write_bytes(damaged)
            try:
                sealed(file)
                unnoticed.append(file.name)
            except InputError:
                pass
        file.write_bytes(whole)
        sealed(file)
    record_property("tried", tried)
    record_property("failed", len(unnoticed))
    assert tried > 1000 and not unnoticed


def found_damaged(project):
    """What the command names that docs/trouble.md advises."""
    assert "python -m workflow.damaged`" in (REPOSITORY / "docs/trouble.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "workflow.damaged"]
    done = subprocess.run(command, cwd=project.folder, env=project.environment, capture_output=True, text=True)
    named = [project.folder / line for line in done.stdout.splitlines()] if done.returncode else []
    assert named or done.stdout == "Every result is as it was written.\n"
    return named


def test_the_advised_command_names_all_that_is_damaged_and_nothing_else(finished, tmp_path):
    copy = Project(tmp_path / "copy", results=finished.folder)
    assert found_damaged(copy) == []
    files = products(copy)
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    assert sorted(found_damaged(copy)) == sorted(files)


def flip(content):
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]


DAMAGES = {
    "flip": flip,
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
}


@pytest.mark.faults
@pytest.mark.counts("damage: of half of a study's results at once, mended by deleting what the check names")
def test_what_is_damaged_and_deleted_is_made_again_as_it_was(undisturbed, tmp_path, record_property):
    copy = Project(tmp_path / "copy", results=undisturbed.folder)
    rng = np.random.default_rng(0)
    files = [file for file in products(copy) if rng.random() < 0.5]
    for number, file in enumerate(files):
        damaged = [*DAMAGES.values()][number % len(DAMAGES)]
        file.write_bytes(damaged(file.read_bytes()))
    found = found_damaged(copy)
    record_property("tried", len(files))
    record_property("failed", len({*files} - {*found}))
    assert len(files) > 10 and {*found} == {*files}
    for file in found:
        file.unlink()
    copy.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(copy), contents(undisturbed))


RECORDS = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "no text": lambda content: content[:10] + b"\xff\xfe" + content[10:],
    "another's": lambda content: json.dumps([1]).encode(),
}


@pytest.mark.faults
@pytest.mark.parametrize("damage", RECORDS)
@pytest.mark.counts("damage: of all of Snakemake's own records of a study")
def test_torn_records_of_snakemake_spoil_no_result(undisturbed, tmp_path, damage):
    copy = Project(tmp_path / "copy", results=undisturbed.folder)
    for file in (copy.folder / ".snakemake/metadata").rglob("*"):
        if file.is_file():
            file.write_bytes(RECORDS[damage](file.read_bytes()))
    done = copy.snakemake(SMALLEST, "--cores", "2", *UNDRAWN)
    if done.returncode:
        # The advice: what is torn may go, as results say themselves what they are made of.
        shutil.rmtree(copy.folder / ".snakemake/metadata")
        copy.run(SMALLEST, *UNDRAWN)
    assert not differing(contents(copy), contents(undisturbed))
