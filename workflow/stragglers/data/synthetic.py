"""Data made to order: a majority that one direction separates, and a planted minority that it misleads."""

import numpy as np


def planted(
    kind: str, mu: float, q: float, cue: float, n_features: int, n_train: int, n_test: int, seed: int
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Training and test split of one of the laws of :func:`sample`, both of one seeded draw.

    The minority of ``flips`` is wrongly labelled, and only in training: test labels are clean, so
    that the test error is that of the truth. Otherwise both splits follow the same law.
    """
    rng = np.random.default_rng(seed)
    train = sample(kind, mu, q, cue, n_train, n_features, rng)
    return train, sample(kind, mu, 0.0 if kind == "flips" else q, cue, n_test, n_features, rng)


def sample(
    kind: str, mu: float, q: float, cue: float, n_samples: int, n_features: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``n_samples`` points (n, d) float32, their classes 0 or 1 (n,), and who is planted, booleans (n,).

    A point of label y = ±1 is N(0, I_d), moved along the first coordinate by yμ in the majority and
    by -yμ in the minority, a random share ``q`` of the points (exactly, so that chance does not blur
    what the closed form says). What else tells the label:

    - ``flips``: nothing. The minority is mislabelled: its true label is -y.
    - ``rescued``: the second coordinate, moved by y·``cue`` in all points.
    - ``xor``: in the minority, the sign of the product of the second and third, each moved by ±``cue``.
      Neither tells anything alone.
    """
    y, side = (2 * rng.integers(2, size=(2, n_samples)) - 1).astype(float)
    minority = rng.permutation(n_samples) < round(q * n_samples)
    x = rng.standard_normal((n_samples, n_features))
    x[:, 0] += mu * np.where(minority, -y, y)
    if kind == "rescued":
        x[:, 1] += cue * y
    if kind == "xor":
        x[:, 1] += cue * side * minority
        x[:, 2] += cue * side * y * minority
    return x.astype(np.float32), (y > 0).astype(np.int64), minority
