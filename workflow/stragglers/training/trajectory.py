"""What a training leaves behind: streams of sufficient statistics, on disk as they come.

A trajectory is a folder with

- ``runs.parquet``: one row a run, what it leaves out, how it fared, and the versions of torch and numpy that trained
  it, but not what its dataset, network and optimiser are called: that joins later, so
  that other words train nothing anew;
- ``scalars.npz``: ``loss``, ``train_error``, ``test_error`` (epochs + 1, runs), test error NaN where
  it was not measured; ``sigma`` and ``noisy_test_error`` (noises, runs) of the last state;
  ``zeros`` (epochs + 1, runs, layers, groups), the share of each group's hidden representations that are exactly 0;
  ``set_epochs``, ``margin_epochs``, ``n_samples``, and the names of ``layers`` and of ``groups`` (the classes of each);
- ``gram.npy``: (epochs + 1, runs, layers, groups, groups), scalar products of the centres of the groups' unit
  representations, in double precision; a representation that is exactly 0 counts as a point at the origin;
- ``misclassified.npy``: (set epochs, runs, ceil(P / 8)), bit-packed, kept points only;
- ``margins.npy``, where the protocol asks for it: (margin epochs, runs, 4, P) in single precision, the :data:`MARGINS`
  of every point, those that a run leaves out, too.

No test, figure or table needs the activations: R, D and the sets all follow from these.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..spec.specification import Protocol
from ..support.sealed import read_arrays, read_table, reading

MARGINS = ("probability", "margin", "mean_probability", "mean_margin")
"""Of a point: the probability that a network gives its group, the group's output less the largest of the others, and
the means of both over all epochs from 0 on."""


def files(protocol: Protocol) -> tuple[str, ...]:
    """The names of a trajectory's files."""
    return ("runs.parquet", "scalars.npz", "gram.npy", "misclassified.npy") + ("margins.npy",) * protocol.margins


class Trajectory:
    """Reads a trajectory; the large arrays stay on disk until indexed.

    Raises :class:`InputError`, which names the file, if one is damaged.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.runs = read_table(self.folder / "runs.parquet")
        scalars = read_arrays(self.folder / "scalars.npz")
        self.loss, self.train_error, self.test_error = (scalars[name] for name in ("loss", "train_error", "test_error"))
        self.sigma, self.noisy_test_error = scalars["sigma"], scalars["noisy_test_error"]
        self.zeros = scalars["zeros"]
        self.set_epochs, self.margin_epochs = scalars["set_epochs"], scalars["margin_epochs"]
        self.n_samples = int(scalars["n_samples"])
        self.layers, self.groups = scalars["layers"].tolist(), scalars["groups"].tolist()
        self.gram, self.misclassified = self._mapped("gram.npy"), self._mapped("misclassified.npy")
        self.margins = self._mapped("margins.npy") if len(self.margin_epochs) else None

    def _mapped(self, name: str) -> np.ndarray:
        with reading(self.folder / name) as whole:
            return np.load(whole, mmap_mode="r")

    def set_index(self, epochs) -> np.ndarray:
        """Places of the kept sets whose epochs are nearest to ``epochs`` (the same where all are kept)."""
        return np.abs(self.set_epochs - np.asarray(epochs, int)[..., None]).argmin(-1)

    def sets(self, epochs, runs) -> np.ndarray:
        """Misclassified sets at ``epochs`` of ``runs`` (that broadcast): booleans (..., P).

        Where not every epoch's set was kept, the nearest one's.
        """
        return np.unpackbits(self.misclassified[self.set_index(epochs), runs], axis=-1, count=self.n_samples).view(bool)


def logarithmic_epochs(epochs: int, points: int, first: int = 1) -> np.ndarray:
    """About ``points`` distinct epochs, evenly spaced in their logarithm, from ``first`` to the last."""
    return np.unique(np.geomspace(first, epochs, points).round().astype(int))


def read_trajectories(files: Sequence[str]) -> list[Trajectory]:
    """The trajectories that ``files`` (all files of each) make up, in order."""
    return [Trajectory(folder) for folder in dict.fromkeys(Path(file).parent for file in files)]
