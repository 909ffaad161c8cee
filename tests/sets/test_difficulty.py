import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workflow.stragglers.sets.difficulty import learning_and_forgetting
from workflow.stragglers.sets.listing import learned


class Kept:
    """As much of a trajectory as is asked for."""

    def __init__(self, sets, epochs=None):
        self.whole, self.n_samples, self.runs = np.asarray(sets, bool), np.shape(sets)[2], range(np.shape(sets)[1])
        self.set_epochs = np.arange(len(sets)) if epochs is None else np.asarray(epochs)

    def sets(self, epoch, runs):
        return self.whole[np.searchsorted(self.set_epochs, epoch), runs]


def test_histories_of_single_points():
    # Always right, learned at once, forgotten twice and learned, right once and lost, never right.
    histories = ["00000", "11000", "10101", "10110", "10111", "11111"]
    sets = np.array([[int(letter) for letter in history] for history in histories]).T[:, None]
    learning, forgetting = learning_and_forgetting(Kept(sets))
    assert learning[0].tolist() == [0, 2, 5, 4, 5, 5]
    assert forgetting[0].tolist() == [0, 0, 2, 1, 1, 5]


@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 3), st.integers(1, 9))))
def test_they_are_what_the_definitions_count(sets):
    learning, forgetting = learning_and_forgetting(Kept(sets))
    for run in range(sets.shape[1]):
        for point in range(sets.shape[2]):
            history = sets[:, run, point]
            stays = [epoch for epoch in range(len(history) + 1) if not history[epoch:].any()]
            assert learning[run, point] == stays[0]
            events = sum(bool(b and not a) for a, b in zip(history, history[1:], strict=False))
            assert forgetting[run, point] == (len(history) if history.all() else events)


def test_epochs_that_were_kept_are_the_clock():
    learning, _ = learning_and_forgetting(Kept([[[1, 1, 0]], [[0, 1, 0]], [[0, 0, 0]], [[0, 1, 0]]], [0, 1, 4, 9]))
    assert learning.tolist() == [[1, 10, 0]]


def test_the_listing_of_samples_tells_the_same_epochs(written):
    sets = np.random.default_rng(0).random((12, 4, 30)) < np.linspace(0.9, 0.1, 12)[:, None, None]
    run = written(sets)
    learning, _ = learning_and_forgetting(run)
    mean, n_runs = learned([run])
    ends_right = learning <= 11
    np.testing.assert_array_equal(n_runs, ends_right.sum(0))
    expected = np.where(ends_right, learning, 0).sum(0) / n_runs.clip(1)
    np.testing.assert_allclose(mean[n_runs > 0], expected[n_runs > 0])
