import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.errors import InputError
from workflow.stragglers.sealed import read_table, seal_of, sealed, write_table, writing


def write(path, content=b"some content"):
    with writing(path) as part:
        part.write_bytes(content)
    return path


def test_a_file_that_is_as_it_was_written_is_read(tmp_path):
    assert sealed(write(tmp_path / "new" / "a.bin")).read_bytes() == b"some content"
    table = pd.DataFrame({"a": [1, 2]})
    write_table(table, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").equals(table)


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


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = write(tmp_path / "a.bin")
    with pytest.raises(RuntimeError), writing(path) as part:
        part.write_bytes(b"half")
        raise RuntimeError
    assert sealed(path).read_bytes() == b"some content"
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", ".a.bin.sha256"}


def test_what_a_killed_writer_left_is_swept_away_and_a_live_one_is_left_alone(tmp_path):
    kill = "import os, sys; from workflow.stragglers.sealed import writing\n"
    kill += "with writing(sys.argv[1]) as part:\n    part.write_bytes(b'half'); os._exit(9)"
    path = tmp_path / "a.bin"
    assert subprocess.run([sys.executable, "-c", kill, path], check=False).returncode == 9
    assert not path.exists() and len([*tmp_path.iterdir()]) == 1
    live = tmp_path / ".a.bin.part-1"
    live.write_bytes(b"another process's")
    write(path)
    assert {file.name for file in tmp_path.iterdir()} == {"a.bin", ".a.bin.sha256", live.name}


def test_the_seal_is_one_that_sha256sum_checks(tmp_path):
    path = write(tmp_path / "a.bin")
    assert subprocess.run(["sha256sum", "--check", "--quiet", seal_of(path)], cwd=tmp_path, check=False).returncode == 0
