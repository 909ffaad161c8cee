"""Captions: Jinja templates filled with numbers from a study's own tables.

What comes out is reStructuredText, which Snakemake's report includes as it is (``workflow/report/figure.rst``).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from ..support.intervals import Estimate
from ..support.numbers import interval_text
from ..support.sealed import write_text
from ..support.text import printable


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def mean_and_sd(values: np.ndarray) -> str:
    """Values of several runs in a few words; one run has no spread."""
    values = np.asarray(values, float)
    return f"{values.mean():.0f} ± {values.std(ddof=1):.0f}" if len(values) > 1 else f"{values.mean():.0f}"


def percent_and_sd(values: np.ndarray) -> str:
    """The same for shares of the training or test points."""
    values = 100 * np.asarray(values, float)
    return f"{values.mean():.2f} ± {values.std(ddof=1):.2f} %" if len(values) > 1 else f"{values.mean():.2f} %"


def percent_and_interval(estimate: Estimate) -> str:
    """A share and, where there is one, its 95 % interval."""
    value, low, high = (100 * part for part in estimate)
    return f"{value:.1f} %{interval_text(value, low, high, '.1f')}"


def as_rst(value: Any) -> Any:
    """A text as reStructuredText that shows just that text, inside a paragraph; other values as they are.

    Escaped is what could start markup, a reference or a link.
    """
    if not isinstance(value, str):
        return value
    return re.sub(r"[\\*`_|:@]", r"\\\g<0>", printable(value))


def render(template: str, values: Mapping[str, Any]) -> str:
    """``template`` filled with ``values``, texts shown as they are; a name it lacks is an error, not a gap."""
    environment = Environment(
        undefined=StrictUndefined,
        finalize=as_rst,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for filter_ in (percent, mean_and_sd, percent_and_sd, percent_and_interval):
        environment.filters[filter_.__name__] = filter_
    return environment.from_string(template).render(values)


def write_caption(template: Path | str, path: Path | str, values: Mapping[str, Any]) -> None:
    """Write the file ``template``, filled with ``values``, to ``path``."""
    text = Path(template).read_text(encoding="utf-8")
    write_text(render(text, values), path)
