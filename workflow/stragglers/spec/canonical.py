"""Specifications as texts that are equal exactly if they mean the same, and folders named by those."""

import hashlib
import json
from dataclasses import fields
from typing import Any


def canonical(*parts: Any) -> str:
    """One text for what ``parts`` (the dataclasses above) mean: sorted JSON without defaults."""

    def meaning(part: Any) -> dict[str, Any]:
        values = {f.name: getattr(part, f.name) for f in fields(part)}
        defaults = {f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(part)}
        return {name: value for name, value in values.items() if value != defaults[name]}

    return json.dumps([meaning(part) for part in parts], sort_keys=True)


def from_canonical(text: str, *kinds: type) -> list[Any]:
    """The dataclasses that :func:`canonical` was given, ``kinds`` naming them in order."""
    return [kind(**values) for kind, values in zip(kinds, json.loads(text), strict=True)]


def address(name: str, *parts: Any) -> str:
    """A folder name for ``parts``: readable, and equal only for equal meaning."""
    return f"{name}-{hashlib.sha256(canonical(*parts).encode()).hexdigest()[:8]}"


def names_of(wildcards: Any) -> str:
    """What the addresses ``dataset``, ``network``, ``optimizer`` of a job are about, in the config's names."""
    return ", ".join(getattr(wildcards, part).rpartition("-")[0] for part in ("dataset", "network", "optimizer"))
