"""A training whose length is found on the way: it is that of as many epochs, also if it was killed."""

import numpy as np
import pytest
from conftest import seeds_table

from workflow.stragglers.spec import until as spec
from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
from workflow.stragglers.spec.until import UntilInversion
from workflow.stragglers.training import checkpoint
from workflow.stragglers.training.loop import train
from workflow.stragglers.training.progress import Progress
from workflow.stragglers.training.until import UNDECIDED, train_until

OF_THIS = Network(width=4), Optimizer("Adam", settings={"lr": 0.01})


@pytest.fixture(autouse=True)
def stages(monkeypatch):
    """4, 8, 16, … epochs, and a checkpoint at each."""
    monkeypatch.setattr(spec, "FIRST", 4)
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)


@pytest.fixture
def find(small, tmp_path):
    """``find(decided)``: asked after which epochs, and the bytes of all that is left."""

    def run(decided_at, most=20, seeds=(3, 1), code="", name="found"):
        asked = []

        def decided(trajectory):
            asked.append(len(trajectory.loss) - 1)
            return asked[-1] >= decided_at

        protocol = UntilInversion(most, test_every=3, until="inversion")
        options = {"device": "cpu", "checkpoint_seconds": 1e-9, "code": code}
        train_until(decided, small, *OF_THIS, protocol, seeds_table(seeds), tmp_path / name, **options)
        return asked, files(tmp_path / name)

    return run


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def plain(dataset, folder, epochs, seeds=(3, 1)):
    train(dataset, *OF_THIS, Protocol(epochs, test_every=3), seeds_table(seeds), folder, device="cpu")
    return files(folder)


@pytest.mark.parametrize(
    ("decided_at", "most", "asked", "epochs"),
    [(1, 20, [4], 4), (5, 20, [4, 8], 8), (99, 20, [4, 8, 16], 20), (1, 3, [], 3), (99, 8, [4], 8)],
)
def test_what_is_left_is_what_as_many_epochs_leave(find, small, tmp_path, decided_at, most, asked, epochs):
    assert find(decided_at, most) == (asked, plain(small, tmp_path / "plain", epochs))


class Killed(BaseException):
    pass


def kill(find, monkeypatch, stage, epoch, **options):
    """Begin a training that is never decided, and kill it at an epoch of a stage."""
    tick = Progress.tick

    def die(self, at):
        if (self.epochs, at) == (stage, epoch):
            raise Killed
        tick(self, at)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "tick", die)
        with pytest.raises(Killed):
            find(99, **options)


@pytest.mark.parametrize(("stage", "asked"), [(4, [4, 8, 16]), (8, [8, 16]), (16, [16]), (20, [])])
def test_a_training_that_was_killed_goes_on_in_its_stage(find, monkeypatch, stage, asked):
    expected = find(99, name="undisturbed")[1]
    kill(find, monkeypatch, stage, 3)
    first = []
    start = Progress.__init__
    monkeypatch.setattr(Progress, "__init__", lambda self, *of: (first.append(of[0::3]), start(self, *of))[1])
    assert find(99) == (asked, expected)
    # It went on from the epoch before, whose checkpoint stood, and then began the stages that follow.
    assert first == [(stage, 2)] + [(later, 0) for later in (4, 8, 16, 20) if later > stage]


@pytest.mark.parametrize("other", [{"code": "other"}, {"seeds": (3, 2)}, {"most": 32}])
def test_another_training_is_asked_from_the_start(find, monkeypatch, other):
    kill(find, monkeypatch, 16, 3)
    assert find(8, **other) == ([4, 8], find(8, name="undisturbed", **other)[1])


@pytest.mark.parametrize("content", [b"", b"\xff\n8", b"8"])
def test_a_damaged_note_counts_for_nothing(find, monkeypatch, tmp_path, content):
    kill(find, monkeypatch, 16, 3)
    note = tmp_path / "found" / UNDECIDED
    assert note.read_text(encoding="utf-8").endswith("\n8")
    note.write_bytes(content)
    assert find(99)[0] == [4, 8, 16] and not note.exists()
