"""What every script does first: send its messages to the terminal and its log file."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError
from .sealed import naming
from .text import printable


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Log to stderr and to ``path``; an :class:`InputError` ends the job with its message alone."""
    terminal = logging.StreamHandler(sys.stderr)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[terminal], force=True)
    # Lines that the log has no space for are in the terminal all the same.
    logging.raiseExceptions = False
    try:
        with naming(path):
            file = logging.FileHandler(path, mode="w", encoding="utf-8")
        logging.getLogger().addHandler(file)
        yield
    except InputError as error:
        logging.error("Error: %s", printable(str(error)))
        sys.exit(1)
    except Exception:
        file.emit(logging.makeLogRecord({"msg": traceback.format_exc()}))
        raise
