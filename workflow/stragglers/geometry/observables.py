"""The observables that the ``dynamics`` table shows.

Another function of the two class manifolds is one more entry of :data:`OBSERVABLES`. It changes no inversion, and so no
straggler and no retraining: those know :data:`.geometry.INVERTING` alone.
"""

import numpy as np

from .manifolds import INVERTING, Manifold, Observable


def centre_angle(minus: Manifold, plus: Manifold) -> np.ndarray:
    """Angle in radians between the centres of two manifolds; not in the paper. NaN where a centre is 0."""
    product = np.multiply(plus.centre, minus.centre, dtype=np.float64).sum(-1)
    norms = np.linalg.norm(minus.centre, axis=-1) * np.linalg.norm(plus.centre, axis=-1)
    return np.arccos(np.clip(np.divide(product, norms, out=np.full_like(product, np.nan), where=norms > 0), -1, 1))


OBSERVABLES: dict[str, Observable] = {
    **INVERTING,
    "angle": centre_angle,
}
"""Column of the ``dynamics`` table -> function of the manifolds M₋ and M₊."""
