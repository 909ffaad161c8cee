"""Malformed studies, made from the schema: every key with every wrong kind of value. One error each, no traceback."""

import copy
import datetime
import os
import subprocess
import sys
import time

import pytest
import yaml
from jsonschema import Draft202012Validator
from project import REPOSITORY
from whole import SCHEMA, load, whole

from workflow.stragglers.support.errors import InputError

KINDS = {
    "null": None,
    "true": True,
    "a text": "some text",
    "no text": "",
    "a word with a line break": "two\nlines",
    "negative": -1,
    "a fraction": 0.5,
    "beyond": 10**30,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "a date": datetime.date(2024, 2, 29),
    "no list": [],
    "a list of null": [None],
    "a list in a list": [[1]],
    "no mapping": {},
    "another mapping": {"some": {"thing": 1}},
}
"""What a value may be that it should not."""
RULES = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


VALIDATOR = Draft202012Validator(RULES)


def resolved(schema):
    return RULES["$defs"][schema["$ref"].rpartition("/")[2]] | schema if "$ref" in schema else schema


def places(schema, value, path=()):
    """Every place that the schema speaks of in a valid study: its path, what must hold there, and what stands there.

    Keys that the study lacks are among them, with None.
    """
    schema = resolved(schema)
    yield path, schema, value
    for choice in schema.get("oneOf", ()):
        if VALIDATOR.evolve(schema=choice).is_valid(value):
            yield from list(places(choice, value, path))[1:]
    if isinstance(value, dict):
        for key, inner in value.items():
            if known := schema.get("properties", {}).get(key, schema.get("additionalProperties")):
                yield from places(known, inner, (*path, key))
        for key in schema.get("properties", ()):
            if key not in value:
                yield (*path, key), resolved(schema["properties"][key]), None
    elif isinstance(value, list) and "items" in schema:
        for number, inner in enumerate(value[:1]):
            yield from places(schema["items"], inner, (*path, number))


def with_value(config, path, value):
    config = copy.deepcopy(config)
    if not path:
        return value
    at = config
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return config


def malformed():
    """Name -> a study that the schema refuses; of things that bear names, such as networks, the first has all keys."""
    config = whole()
    found, seen = {}, set()
    for path, schema, value in places(RULES, config):
        where = ".".join(map(str, path)) or "top level"
        check = VALIDATOR.evolve(schema=schema)
        spoken_of = str(schema), path[-1:], len(path)
        if path and spoken_of not in seen:
            seen.add(spoken_of)
            for kind, wrong in KINDS.items():
                if not check.is_valid(wrong):
                    found[f"{where}: {kind}"] = with_value(config, path, wrong)
        if isinstance(value, dict) and schema.get("additionalProperties") is False:
            found[f"{where}: an unknown key"] = with_value(config, path, {**value, "unknwon": 1})
        for key in schema.get("required", ()) if isinstance(value, dict) else ():
            without = {name: inner for name, inner in value.items() if name != key}
            found[f"{where}: without {key}"] = with_value(config, path, without)
    return found


MALFORMED = malformed()
LEAST = 200


@pytest.mark.counts("configurations: malformed, answered by one error and no traceback")
def test_every_key_with_every_wrong_kind_of_value_is_one_error(record_property):
    assert len(MALFORMED) >= LEAST
    load(whole())
    wrong, slowest = {}, 0
    for name, config in MALFORMED.items():
        start = time.perf_counter()
        try:
            load(config)
            wrong[name] = "passes"
        except InputError as error:
            if len(str(error).splitlines()) != 1 or not str(error).startswith("config, ") or len(str(error)) > 700:
                wrong[name] = str(error)
        except Exception as error:
            wrong[name] = repr(error)
        slowest = max(slowest, time.perf_counter() - start)
    record_property("tried", len(MALFORMED))
    record_property("failed", len(wrong))
    assert not wrong and slowest < 5


SAMPLE = list(MALFORMED)[:: len(MALFORMED) // 20][:20]


@pytest.mark.parametrize(
    "name", [SAMPLE[7], *(pytest.param(name, marks=pytest.mark.faults) for name in SAMPLE if name != SAMPLE[7])]
)
@pytest.mark.counts("configurations: of these by way of the command itself, under 10 s of processor time")
def test_snakemake_itself_answers_by_one_error(tmp_path, name):
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(MALFORMED[name], sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--nocolor", "--dry-run", "--snakefile", REPOSITORY / "Snakefile"]
    before = os.times()
    done = subprocess.run(
        [*command, "--directory", tmp_path, "--configfile", file],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    after = os.times()
    errors = [line for line in done.stderr.splitlines() if "rror" in line]
    assert done.returncode and len(errors) == 1 and "Traceback" not in done.stderr, done.stderr
    # Of the processor, as a test beside others waits for it.
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 10
