"""Columns that all tables share."""

ADDRESS = ("dataset", "source", "task", "subset", "network", "layer", "optimizer")
"""Which runs a table's row is about; ``layer`` is the place of a hidden layer, from 1 on."""

RUN = (*ADDRESS, "layer_name", "run", "seed", "removed", "draw")
"""Which run; ``run`` is its place in its trajectory. ``layer_name`` is what its network calls the layer, which of a
fully connected one is its number: numbers tell the order, names need not."""
