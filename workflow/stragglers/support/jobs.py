"""What every script does first: send its messages to the terminal and its log file."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError
from .text import printable


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Log to stderr and to ``path``; an :class:`InputError` ends the job with its message alone."""
    handlers = [logging.StreamHandler(sys.stderr), logging.FileHandler(path, mode="w", encoding="utf-8")]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers, force=True)
    try:
        yield
    except InputError as error:
        logging.error("Error: %s", printable(str(error)))
        sys.exit(1)
    except Exception:
        handlers[1].stream.write(traceback.format_exc())
        raise
