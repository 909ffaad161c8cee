import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.sealed import (
    read_arrays,
    read_table,
    reading,
    seal_of,
    sealed,
    write_arrays,
    write_table,
    write_text,
    writing,
)


def write(path, content=b"some content"):
    with writing(path) as part:
        part.write_bytes(content)
    return path


def test_a_file_that_is_as_it_was_written_is_read(tmp_path):
    assert sealed(write(tmp_path / "new" / "a.bin")).read_bytes() == b"some content"
    table = pd.DataFrame({"a": [1, 2]})
    write_table(table, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").equals(table)
    write_arrays({"a": np.arange(3), "n": 2}, tmp_path / "a.npz")
    arrays = read_arrays(tmp_path / "a.npz")
    assert arrays["a"].tolist() == [0, 1, 2] and arrays["n"] == 2
    write_text("φ\n", tmp_path / "a.txt")
    assert sealed(tmp_path / "a.txt").read_text(encoding="utf-8") == "φ\n"


@given(st.binary(min_size=1, max_size=60), st.integers(0, 10**6))
def test_any_flipped_bit_and_any_cut_is_noticed(tmp_path_factory, content, at):
    path = write(tmp_path_factory.mktemp("seal") / "a.bin", content)
    flipped = bytearray(content)
    flipped[at // 8 % len(content)] ^= 1 << at % 8
    for damaged in (bytes(flipped), content[: at % len(content)], content + b"\0"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.bin is damaged.*delete it"):
            sealed(path)


def test_a_file_without_a_seal_is_taken_and_an_absent_one_named(tmp_path):
    seal_of(write(tmp_path / "a.bin")).unlink()
    assert sealed(tmp_path / "a.bin")
    with pytest.raises(InputError, match=r"b\.bin"):
        write(tmp_path / "b.bin").unlink()
        sealed(tmp_path / "b.bin")


@pytest.mark.parametrize("read", [read_table, read_arrays])
def test_a_file_without_a_seal_that_cannot_be_read_is_damaged(tmp_path, read):
    (tmp_path / "a.bin").write_bytes(b"PK\3\4 some content")
    with pytest.raises(InputError, match=r"a\.bin is damaged.*delete it"):
        read(tmp_path / "a.bin")


@pytest.mark.parametrize("seal", [b"", b"d\xff", b"0" * 64 + b"  a.bin\n"], ids=["empty", "torn", "another's"])
def test_a_damaged_seal_is_damage_too(tmp_path, seal):
    path = write(tmp_path / "a.bin")
    seal_of(path).write_bytes(seal)
    with pytest.raises(InputError, match=r"a\.bin is damaged.*delete it"):
        sealed(path)
    assert sealed(write(path)) == path


def test_a_mistake_in_code_is_not_taken_for_damage(tmp_path):
    write_table(pd.DataFrame({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(ZeroDivisionError), reading(tmp_path / "a.parquet"):
        1 / 0  # noqa: B018


def test_of_two_writers_at_a_time_each_leaves_a_whole_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    with writing(path) as slow:
        slow.write_bytes(b"some ")
        with monkeypatch.context() as other:
            other.setattr(os, "getpid", os.getppid)
            write(path, b"what another process wrote")
        assert sealed(path).read_bytes() == b"what another process wrote"
        slow.write_bytes(b"some content")
    assert sealed(path).read_bytes() == b"some content"
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", ".a.bin.sha256"}


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = write(tmp_path / "a.bin")
    with pytest.raises(RuntimeError), writing(path) as part:
        part.write_bytes(b"half")
        raise RuntimeError
    assert sealed(path).read_bytes() == b"some content"
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", ".a.bin.sha256"}


def test_what_a_killed_writer_left_is_swept_away_and_a_live_one_is_left_alone(tmp_path):
    kill = "import os, sys; from workflow.stragglers.support.sealed import seal_of, writing; from pathlib import Path\n"
    kill += "with writing(seal_of(Path(sys.argv[1]))) as seal, writing(sys.argv[1]) as part:\n"
    kill += "    seal.write_bytes(b'half'); part.write_bytes(b'half'); os._exit(9)"
    path = tmp_path / "a.bin"
    assert subprocess.run([sys.executable, "-c", kill, path], check=False).returncode == 9
    assert not path.exists() and len([*tmp_path.iterdir()]) == 2
    live = tmp_path / ".a.bin.1.part"
    live.write_bytes(b"another process's")
    write(path)
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", ".a.bin.sha256", live.name}


def test_the_seal_is_one_that_sha256sum_checks(tmp_path):
    path = write(tmp_path / "a.bin")
    assert subprocess.run(["sha256sum", "--check", "--quiet", seal_of(path)], cwd=tmp_path, check=False).returncode == 0
