"""Check a study's file, and print the folder of its products: ``python -m workflow.check FILE``."""

import sys
from pathlib import Path
from typing import Any

from workflow.stragglers.spec.configuration import read, validate
from workflow.stragglers.support.errors import InputError

SCHEMA = Path(__file__).parent / "schemas/config.schema.yaml"


def checked(file: str) -> dict[str, Any]:
    """The configuration in ``file``. Raises :class:`InputError` for one that is at odds with the schema."""
    config = read(file)
    validate(config, SCHEMA)
    return config


def main(file: str) -> str:
    return f"results/{checked(file)['study']}"


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:2]))
    except InputError as error:
        sys.exit(f"Error: {error}")
