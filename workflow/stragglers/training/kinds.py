"""The kinds of network, by the ``kind`` of an entry of the config's ``networks``; the schema lists them, too."""

from .convolutional import Convolutional
from .dense import Dense
from .engine import Engine
from .module import Module

KINDS: dict[str, type[Engine]] = {"dense": Dense, "convolutional": Convolutional, "module": Module}
