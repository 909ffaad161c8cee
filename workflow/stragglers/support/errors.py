"""The one exception that means "the input is wrong", shown to the user without a traceback."""


class InputError(ValueError):
    """A configuration key or data file is unusable; the message names it and the remedy."""
