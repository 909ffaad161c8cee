"""A study's configuration as it is written: read strictly, held against its schema.

Snakemake reads the file itself. What YAML lets pass in silence (a key that stands twice, ``on`` for
true, ``1:30`` for 90) is seen in the text alone, so the text is read once more, here.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sized
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from ..support.errors import InputError

LARGEST = 1e18
"""Whole numbers up to here can be counted with, and their sums too."""
REMEDIES = {
    "escape": "write a path with backslashes in single quotes",
    r"'\t'": "indent with spaces, not with tabs",
    "alias": "write a text that begins with * in quotes",
}
"""Part of what YAML's parser says -> what to do about it."""


def read(file: str | Path) -> dict[str, Any]:
    """The configuration in ``file``, YAML or JSON.

    Raises :class:`InputError` for a file that is missing, not in UTF-8, neither YAML nor JSON or
    without keys, for a key that stands twice, and for values that YAML takes for something else than
    they look: names such as ``on`` and numbers such as ``1:30``.
    """
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"config, {file}: is not in UTF-8 (save it as UTF-8)") from None
    except OSError as error:
        raise InputError(f"config, {file}: cannot be read: {error.strerror} (is the path right?)") from None
    config = _read_json(text, file) if text.lstrip().startswith("{") else None
    config = config or _read_yaml(text, file)
    if not isinstance(config, dict):
        raise InputError(f"config, {file}: holds no keys (begin with `study: NAME`; config/README.md has them all)")
    return config


def _read_json(text: str, file: str | Path) -> dict[str, Any] | None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"config, {twice[0]}: stands twice in one place of {file} (keep one)")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (json.JSONDecodeError, RecursionError):
        # Braces are YAML, too.
        return None


def _read_yaml(text: str, file: str | Path) -> Any:
    try:
        if root := yaml.compose(text, yaml.SafeLoader):
            _refuse_ambiguous(root, "", file, set())
        return yaml.safe_load(text)
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        remedy = next((remedy for part, remedy in REMEDIES.items() if part in problem), "put the text there in quotes")
        raise InputError(f"config, {file}{where}: {problem} ({remedy})") from None


def _refuse_ambiguous(node: yaml.Node, key: str, file: str | Path, seen: set[int]) -> None:
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    kind = node.tag.rpartition(":")[2]
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for name, value in node.value:
            line, inner = name.start_mark.line + 1, f"{key}.{name.value}".lstrip(".")
            name_kind = name.tag.rpartition(":")[2]
            if name_kind not in ("str", "merge"):
                raise InputError(
                    f"config, {key or 'top level'}: the name {name.value!r} in line {line} of {file} means "
                    f"{yaml.safe_load(name.value)!r} in YAML, no text (write '{name.value}' in quotes)"
                )
            if name.value in lines and name_kind == "str":
                raise InputError(
                    f"config, {inner}: stands twice, in lines {lines[name.value]} and {line} of {file} (keep one)"
                )
            lines[name.value] = line
            _refuse_ambiguous(value, inner, file, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _refuse_ambiguous(value, f"{key}.{number}", file, seen)
    elif kind in ("int", "float") and (":" in node.value or re.match("[-+]?0[0-9_]+$", node.value)):
        raise InputError(
            f"config, {key}: {node.value} in line {node.start_mark.line + 1} of {file} means "
            f"{yaml.safe_load(node.value)} in YAML "
            "(a block of seeds is written 1-30, a number without leading zeros)"
        )


def reread(value: Any) -> Any:
    """A value of ``--config`` as YAML reads it: inside ``{...}`` and ``[...]`` Snakemake leaves all values as texts."""
    if isinstance(value, dict):
        return {key: yaml.safe_load(inner) if isinstance(inner, str) else reread(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [yaml.safe_load(inner) if isinstance(inner, str) else reread(inner) for inner in value]
    return value


def validate(config: dict[str, Any], schema_file: str | Path, where: str = "config") -> None:
    """Hold ``config`` against the schema, and write its whole numbers as integers: 20.0 becomes 20.

    Raises :class:`InputError` that names the first key at odds with the schema, and ``where`` it stands.
    """
    validator = _validator(Path(schema_file))
    if error := best_match(validator.iter_errors(config)):
        raise InputError(f"{where}, {_key(error.absolute_path)}: {_problem(error)}")
    for path, number in _numbers(config):
        if not math.isfinite(number) or abs(number) > LARGEST:
            raise InputError(f"{where}, {_key(path)}: a number must be finite and at most {LARGEST:g} (write another)")
    _write_integers(config, validator.schema, validator)


@cache
def _validator(schema_file: Path) -> Draft202012Validator:
    return Draft202012Validator(yaml.safe_load(schema_file.read_text(encoding="utf-8")))


def _key(path: Any) -> str:
    return ".".join(part if str(part).isprintable() else repr(part) for part in map(str, path)) or "top level"


def _problem(error: ValidationError) -> str:
    """What is wrong, with a hint at what is right."""
    instance, hint = repr(error.instance), error.schema.get("description", "")
    message = error.message
    if error.validator == "pattern":
        message = f"{instance} does not match what is asked for"
    elif error.validator == "additionalProperties":
        known = ", ".join(error.schema.get("properties", {}))
        hint = f"known keys: {known}" if known else hint
    elif error.validator == "type" and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", str(error.instance)):
        hint = "YAML needs a point and a sign in such a number: 1.0e-3"
    elif error.validator == "type" and "string" in error.validator_value and not isinstance(error.instance, Sized):
        hint = f"write a text such as 'on', 'no' or '1' in quotes; {hint}".removesuffix("; ")
    if len(instance) > 100:
        message = message.replace(instance, f"{instance[:90]}…")
    return message + (f" ({hint})" if hint else "")


def _numbers(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, float]]:
    """All numbers, with the keys that lead there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _numbers(inner, (*path, number))
    elif isinstance(value, int | float):
        yield path, value


def _write_integers(value: Any, schema: Mapping[str, Any], validator: Draft202012Validator) -> Any:
    """``value``, which ``schema`` allows, with 20.0 as 20 where an integer is asked for; mappings and lists in place.

    So ``epochs: 20`` and ``epochs: 2.0e+1`` have one address, and a range can be made of either.
    """
    if "$ref" in schema:
        schema = validator.schema["$defs"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("oneOf", ()):
        if validator.evolve(schema=choice).is_valid(value):
            value = _write_integers(value, choice, validator)
    if isinstance(value, float) and "integer" in schema.get("type", ""):
        return int(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            known = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            value[key] = _write_integers(inner, known or {}, validator)
    elif isinstance(value, list):
        value[:] = [_write_integers(inner, schema.get("items", {}), validator) for inner in value]
    return value
