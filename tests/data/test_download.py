import gzip
import hashlib
import multiprocessing
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torchvision
from conftest import own
from project import TINY
from test_sources import made_up

from workflow.stragglers.data.datasets import check
from workflow.stragglers.data.download import download
from workflow.stragglers.data.sources import OFFICIAL, absent
from workflow.stragglers.spec.specification import Dataset as Specification
from workflow.stragglers.support.errors import InputError


class Mirror:
    """A server of the packed files of a made-up MNIST; what it does with a request can be changed."""

    def __init__(self, folder):
        self.folder, self.asked, self.answer = folder, [], lambda handler: True
        self.files = {file: path.read_bytes() for file, path in made_up(folder).items()}
        self.checksums = {file: hashlib.sha256(raw).hexdigest() for file, raw in self.files.items()}
        self.resources = []
        for file, raw in self.files.items():
            packed = gzip.compress(raw)
            (folder / f"{os.path.basename(file)}.gz").write_bytes(packed)
            self.resources.append((f"{os.path.basename(file)}.gz", hashlib.md5(packed).hexdigest()))
        mirror = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                if mirror.answer(self):
                    super().do_GET()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    mirror = Mirror(tmp_path / "mirror")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setitem(OFFICIAL, "MNIST", mirror.checksums)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [mirror.url])
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", mirror.resources)
    yield mirror
    mirror.server.shutdown()


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def in_a_process(data_dir):
    process = multiprocessing.get_context("fork").Process(target=download, args=("MNIST", data_dir))
    process.start()
    return process


def test_a_download_leaves_the_official_files_and_nothing_else(mirror, tmp_path):
    data_dir = tmp_path / "new" / "data"
    download("MNIST", data_dir)
    assert left(data_dir) == sorted(mirror.files)
    check(Specification("MNIST"), data_dir)


def test_what_is_there_is_neither_asked_for_nor_written(mirror, tmp_path):
    data_dir = tmp_path / "data"
    made_up(data_dir)
    before = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")}
    download("MNIST", data_dir)
    assert mirror.asked == [] and {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")} == before
    (data_dir / "MNIST/raw/train-labels-idx1-ubyte").unlink()
    download("MNIST", data_dir)
    assert left(data_dir) == sorted(mirror.files)


def other_bytes(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(gzip.compress(b"another file"))


def half_of_the_bytes(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(b"half")


@pytest.mark.parametrize("answer", [other_bytes, half_of_the_bytes, lambda handler: handler.send_error(503)])
def test_a_download_that_fails_is_one_line_and_the_next_one_is_as_the_first(mirror, tmp_path, answer):
    data_dir = tmp_path / "data"
    mirror.answer = lambda handler: "labels" not in handler.path or answer(handler)
    message = r"MNIST is not in `data_dir`.*could not be downloaded.*MNIST/raw/ with"
    with pytest.raises(InputError, match=message) as error:
        download("MNIST", data_dir)
    assert "\n" not in str(error.value) and left(data_dir) == []
    mirror.answer = lambda handler: True
    download("MNIST", data_dir)
    assert left(data_dir) == sorted(mirror.files)


def test_a_killed_download_leaves_nothing_in_the_way_of_the_next(mirror, tmp_path):
    data_dir = tmp_path / "data"
    reached, never = threading.Event(), threading.Event()
    # The first file is whole and the second on its way when the process dies.
    mirror.answer = lambda handler: "labels" not in handler.path or reached.set() or never.wait(60)
    process = in_a_process(data_dir)
    assert reached.wait(60)
    process.kill()
    process.join()
    never.set()
    mirror.answer = lambda handler: True
    check(Specification("MNIST"), data_dir)
    assert absent("MNIST", data_dir) == list(mirror.files)
    download("MNIST", data_dir)
    assert left(data_dir) == sorted(mirror.files)


def test_two_downloads_at_a_time_leave_whole_files(mirror, tmp_path):
    data_dir = tmp_path / "data"
    both = threading.Barrier(2, timeout=60)
    mirror.answer = lambda handler: both.wait() >= 0
    processes = [in_a_process(data_dir) for _ in range(2)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert left(data_dir) == sorted(mirror.files)
    check(Specification("MNIST"), data_dir)


def test_a_folder_that_cannot_be_written_to_is_named(mirror, tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(InputError, match=r"MNIST is not in `data_dir` \(.*data\) and could not be downloaded"):
        download("MNIST", tmp_path / "data")


def test_an_archive_that_is_there_is_unpacked_rather_than_downloaded(tmp_path, monkeypatch):
    rng, checksums = np.random.default_rng(0), {}
    data_dir, made = tmp_path / "data", tmp_path / "made"
    (made / "cifar-10-batches-py").mkdir(parents=True)
    data_dir.mkdir()
    for file in OFFICIAL["CIFAR10"]:
        (made / file).write_bytes(rng.bytes(100))
        checksums[file] = hashlib.md5((made / file).read_bytes()).hexdigest()
    cifar = torchvision.datasets.CIFAR10
    shutil.make_archive(data_dir / cifar.filename.removesuffix(".tar.gz"), "gztar", made, "cifar-10-batches-py")
    monkeypatch.setitem(OFFICIAL, "CIFAR10", checksums)
    monkeypatch.setattr(cifar, "url", "http://127.0.0.1:9/none")
    monkeypatch.setattr(cifar, "tgz_md5", hashlib.md5((data_dir / cifar.filename).read_bytes()).hexdigest())
    monkeypatch.setattr(cifar, "__init__", lambda self, root, download: setattr(self, "root", root) or self.download())
    monkeypatch.setattr(cifar, "_check_integrity", lambda self: False)
    download("CIFAR10", data_dir)
    assert absent("CIFAR10", data_dir) == []


def test_subsets_of_one_source_share_one_download(mirror, fresh):
    """And a later subset finds, or downloads again, what the first ones had."""
    download("MNIST", fresh.folder / "once")
    once = mirror.asked.copy()
    mirror.asked.clear()
    with open(fresh.folder / "workflow/stragglers/data/sources.py", "a", encoding="utf-8") as file:
        file.write(f"\nOFFICIAL['MNIST'] = {mirror.checksums}\n")
    with open(fresh.folder / "workflow/stragglers/data/download.py", "a", encoding="utf-8") as file:
        file.write("\nimport torchvision\n")
        file.write(f"torchvision.datasets.MNIST.mirrors = {[mirror.url]}\n")
        file.write(f"torchvision.datasets.MNIST.resources = {mirror.resources}\n")
    subsets = {"first": {"first": 6}, "second": {"block": 1, "size": 6}}

    def study(**subsets):
        return {
            **TINY,
            "datasets": {name: {"source": "MNIST", "subset": subset} for name, subset in subsets.items()},
            "runs": [{"datasets": list(subsets), "seeds": [0]}],
            "ablations": [],
        }

    fresh.run(study(**subsets), "--until", "prepare")
    assert mirror.asked == once and left(fresh.folder / "data") == sorted(mirror.files)
    shutil.rmtree(fresh.folder / "data")
    assert fresh.plan(study(**subsets), "--until", "prepare") == {}
    third = study(**subsets, third={"first": 5})
    assert fresh.plan(third, "--until", "prepare") == {"prepare": 1}
    fresh.run(third, "--until", "prepare")
    assert left(fresh.folder / "data") == sorted(mirror.files)


def test_a_file_swapped_after_planning_is_refused(fresh):
    (fresh.folder / "data").mkdir()
    own(fresh.folder, y_test=np.arange(20) % 4)
    own(fresh.folder / "data")
    with open(fresh.folder / "Snakefile", "a", encoding="utf-8") as file:
        file.write('\n\nonstart:\n    shell("cp own.npz data/own.npz")\n')
    config = {**TINY, "datasets": {"digits": {"source": "npz", "file": "own.npz"}}}
    done = fresh.snakemake(config, "--cores", "1", "--until", "prepare")
    text = done.stdout + done.stderr
    assert done.returncode != 0 and "own.npz" in text and "planned" in text
    assert not list(fresh.folder.glob("results/runs/*/dataset.npz"))
