"""The kinds of network, by the ``kind`` of an entry of the config's ``networks``; the schema lists them, too."""

from .dense import Dense
from .engine import Engine

KINDS: dict[str, type[Engine]] = {"dense": Dense}
