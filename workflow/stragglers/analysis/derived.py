"""Tables that follow from other tables: each has a module of its name here, whose ``derive`` makes it."""

DERIVED = {
    "nested": ("stragglers",),
    "variance": ("inversion",),
    "classes": ("inversion", "linear"),
    "tasks_models": ("tasks",),
    "tasks_predicted": ("tasks",),
}
"""Table -> the tables that it is derived from."""
