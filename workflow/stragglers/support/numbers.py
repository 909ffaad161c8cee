"""Numbers for reading: few digits, in JSON none that is not finite, and intervals that tell something."""

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


def interval_text(value: float, low: float, high: float, form: str) -> str:
    """`` [low, high]`` in the format ``form``; nothing where there is none, or one that shows as the value alone.

    Runs that agree to the last digit shown have one of no width that anyone could see.
    """
    if not np.isfinite([low, high]).all():
        return ""
    shown, *bounds = (format(number, form) for number in (value, low, high))
    return "" if bounds == [shown, shown] else f" [{', '.join(bounds)}]"
