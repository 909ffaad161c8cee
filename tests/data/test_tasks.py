import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.stragglers.data.tasks import group_index, group_names, group_of, groups, labels_of
from workflow.stragglers.support.errors import InputError


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("parity", [[0, 2, 4], [1, 3]]),
        ("classes", [[0], [1], [2], [3], [4]]),
        ({"pair": [3, 1]}, [[3], [1]]),
        ({"one_vs_rest": 2}, [[0, 1, 3, 4], [2]]),
        ({"groups": [[0, 4], [1]]}, [[0, 4], [1]]),
        ({"groups": [[0, 4], [1], [2, 3]]}, [[0, 4], [1], [2, 3]]),
    ],
)
def test_groups_of_a_task(task, expected):
    assert groups(task, range(5)) == expected


def test_a_class_of_two_groups_is_refused():
    with pytest.raises(InputError, match=r"\[1\] would be in two groups"):
        groups({"groups": [[0, 1], [3], [1, 2]]}, range(4))


def test_a_class_twice_in_one_group_is_in_one_group():
    assert group_of(groups({"groups": [[0, 0], [1]]}, range(2)), np.array([0, 1])).tolist() == [0, 1]


def test_an_unknown_task_is_named():
    with pytest.raises(InputError, match="`task` 'colour'"):
        groups("colour", range(3))


def test_a_class_of_no_group_takes_no_part():
    assert group_of([[0, 4], [1]], np.array([4, 3, 1, 2, 0])).tolist() == [0, -1, 1, -1, 0]


def test_two_groups_are_labelled_minus_and_plus_one_and_more_are_numbered():
    assert labels_of([[0], [1]]).tolist() == [-1, 1]
    assert labels_of([[0], [1], [2, 3]]).tolist() == [0, 1, 2]


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_labels_tell_the_groups_and_their_names(n_groups, seed):
    number = np.random.default_rng(seed).permutation(np.arange(3 * n_groups) % n_groups)
    classes = number + n_groups * (np.arange(3 * n_groups) % 2)
    label = labels_of([[]] * n_groups)[number]
    assert (group_index(label) == number).all()
    names = group_names(label, classes)
    for group, name in enumerate(names):
        assert {*map(int, name.split("+"))} == {*classes[number == group].tolist()}
