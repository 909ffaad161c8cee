import numpy as np
import pytest

from workflow.stragglers.support.numbers import rounded


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
