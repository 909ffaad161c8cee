"""Numbers as JSON has them: few digits, and none that is not finite."""

from collections.abc import Iterable

import numpy as np


def rounded(values: Iterable[float], digits: int = 4) -> list[float | int | None]:
    """``values`` with so many significant digits; what is not finite is None, a whole number an int."""
    return [rounded_one(value, digits) for value in values]


def rounded_one(value: float, digits: int = 4) -> float | int | None:
    if value is None or not np.isfinite(value):
        return None
    # A count keeps all its digits.
    return int(value) if float(value).is_integer() else float(f"{value:.{digits}g}")
