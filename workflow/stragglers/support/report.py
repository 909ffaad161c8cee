"""Text on its way through Snakemake, which looks for wildcards in it and writes it into a script of the report."""

import json
from collections.abc import Callable
from typing import Any

from .text import one_line

WORD_JOINER = "\u2060"
"""Has no width: what follows is shown beside what precedes, and a program that reads the two sees neither."""


def as_label(text: str) -> str:
    """``text`` as a label of the report: ``{name}`` is no wildcard there, ``</script>`` ends no script."""
    return one_line(text).replace("{", "{" + WORD_JOINER).replace("<", "<" + WORD_JOINER)


def as_param(value: Any, sort_keys: bool = False) -> Callable[[Any], str]:
    """``value``, or what it gives for a job's wildcards, as a rule's param: JSON, for the script's :func:`json.loads`.

    A function, whose result Snakemake does not search for wildcards. The report shows params, too;
    outside a string JSON has no ``<``, so all of them can be escaped.
    """

    def param(wildcards: Any) -> str:
        given = value(wildcards) if callable(value) else value
        return json.dumps(given, sort_keys=sort_keys).replace("<", r"\u003c")

    return param
