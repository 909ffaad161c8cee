"""The observables that the ``dynamics`` table shows.

Another function of the manifolds is one more entry of :data:`OBSERVABLES`. It changes no inversion, and so no
straggler and no retraining: those know :data:`.manifolds.INVERTING` alone.
"""

from itertools import combinations

import numpy as np

from .manifolds import INVERTING, Manifolds, Observable


def centre_angle(manifolds: Manifolds) -> np.ndarray:
    """Angle in radians between the centres, mean over pairs of groups; not in the paper. NaN where a centre is 0."""
    gram = manifolds.gram

    def angle(a: int, b: int) -> np.ndarray:
        norms = np.sqrt(gram[..., a, a] * gram[..., b, b])
        cosine = np.divide(gram[..., a, b], norms, out=np.full_like(norms, np.nan), where=norms > 0)
        return np.arccos(np.clip(cosine, -1, 1))

    return np.mean([angle(a, b) for a, b in combinations(range(gram.shape[-1]), 2)], axis=0)


OBSERVABLES = (*INVERTING, Observable("angle", centre_angle, "angle"))
"""Columns of the ``dynamics`` table beside the errors."""
