import numpy as np
import pytest

from workflow.stragglers.support.numbers import interval_text, rounded


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456, 0.1235),
        (123456.0, 123456),
        (1e-7, 1e-7),
        (np.nan, None),
        (-np.inf, None),
        (None, None),
        (np.int16(3), 3),
    ],
)
def test_a_number_has_few_digits_and_none_that_json_lacks(value, shown):
    assert rounded([value]) == [shown]


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((2.7, 2.65, 2.75), " [2.6, 2.8]"),
        ((2.7, 2.69, 2.71), ""),
        ((2.7, 2.7, 2.71), ""),
        ((2.7, 2.7, 2.9), " [2.7, 2.9]"),
        ((2.7, np.nan, np.nan), ""),
        ((2.7, 2.6, np.inf), ""),
    ],
)
def test_an_interval_that_shows_as_its_value_is_left_out(numbers, shown):
    assert interval_text(*numbers, ".1f") == shown
