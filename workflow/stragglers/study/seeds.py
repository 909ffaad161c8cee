"""Which blocks of seeds can be trained."""

from ..spec.specification import parse_seeds
from ..support.errors import InputError

LARGEST_SEED = 2**32 - 1
"""torch's generator takes seeds modulo 2³²: a larger one would repeat another run."""
LARGEST_BLOCK = 100_000
"""Seeds of a block, which trains together; more are a typo."""


def refuse_seeds(block: str | int, where: str) -> None:
    """Raise :class:`InputError` for what is no block of seeds that can be trained."""
    try:
        seeds = parse_seeds(block)
    except InputError as error:
        raise InputError(f"{where.removesuffix('seeds')}{error}") from None
    if seeds[-1] > LARGEST_SEED:
        raise InputError(f"{where}: {seeds[-1]} is above {LARGEST_SEED}, the last that torch tells apart (take less)")
    if len(seeds) > LARGEST_BLOCK:
        raise InputError(
            f"{where}: {block!r} is a block of {len(seeds)} runs, which train together (take at most {LARGEST_BLOCK})"
        )
