"""Which code changed since results were made: Snakemake compares fingerprints, which name nothing."""

import base64
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from .fingerprint import definitions, fingerprint
from .sealed import replacing

METADATA = Path(".snakemake/metadata")
"""What Snakemake keeps of every file that a job made, in the folder where it runs."""
NOTES = Path(".snakemake/fingerprints")
"""Beside it, what was behind each fingerprint."""
FINGERPRINT = re.compile("'?([0-9a-f]{16})'?")


def note(codes: Mapping[str, tuple[str, tuple[str, ...]]], scripts: Path) -> None:
    """Keep what is behind each fingerprint, given its script, one of the folder ``scripts``, and what that imports."""
    for found, (script, imported) in codes.items():
        file = NOTES / f"{found}.json"
        if not file.is_file():
            made_of = definitions(scripts / f"{script}.py", *imported)
            with replacing(file) as part:
                part.write_text(
                    json.dumps({"script": script, "imported": imported, "made_of": made_of}), encoding="utf-8"
                )


def made() -> Counter[tuple[str, str]]:
    """Rule and fingerprint -> how many files that stand were made so."""
    found = Counter()
    for file in METADATA.rglob("*"):
        if file.is_file() and made_file(file).exists():
            record = json.loads(file.read_text(encoding="utf-8"))
            known = [match[1] for param in record.get("params") or () if (match := FINGERPRINT.fullmatch(str(param)))]
            found.update((record["rule"], each) for each in known)
    return found


def made_file(record: Path) -> Path:
    """The file that a record is of: the record's own name in base64, of a long one in folders that begin with @."""
    name = "".join(part.removeprefix("@") for part in record.relative_to(METADATA).parts)
    return Path(os.fsdecode(base64.urlsafe_b64decode(name)))


def changes(scripts: Path) -> Iterator[str]:
    """A line a rule whose results were made by other code than that of today: the definitions that differ."""
    for (rule, old), n_files in sorted(made().items()):
        of = f"{rule}, {n_files} file{'s' * (n_files != 1)}"
        file = NOTES / f"{old}.json"
        if not file.is_file():
            alone = scripts / f"{rule}.py"
            if not alone.is_file() or fingerprint(alone) != old:
                yield f"{of}: made before it was noted by what code"
            continue
        then = json.loads(file.read_text(encoding="utf-8"))
        code = scripts / f"{then['script']}.py", *then["imported"]
        if not code[0].is_file():
            yield f"{of}: {code[0]} is gone"
        elif fingerprint(*code) != old:
            yield f"{of}: {', '.join(differing(then['made_of'], definitions(*code)))}"


def differing(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What changed, joined or left, with the names of one file together: ``file name, name``."""
    files: dict[str, list[str]] = {}
    for each in sorted({*then, *now}):
        if then.get(each) != now.get(each):
            file, _, name = each.partition(" ")
            how = "" if each in then and each in now else " (new)" if each in now else " (gone)"
            files.setdefault(file, []).append(f"{name}{how}".strip())
    # What changed of a file as a whole, as of a script, needs no names.
    return [file if "" in names else f"{file} {' and '.join(names)}" for file, names in files.items()]
