"""What a training leaves behind: streams of sufficient statistics, on disk as they come.

A trajectory is a folder with

- ``runs.parquet``: one row a run, its address and how it fared;
- ``scalars.npz``: ``loss``, ``train_error``, ``test_error`` (epochs + 1, runs), test error NaN where
  it was not measured; ``sigma`` and ``noisy_test_error`` (noises, runs) of the last state;
  ``n_samples`` and ``n_layers``;
- ``centres.npy``: (epochs + 1, runs, 2, hidden units of all layers), class -1 first;
- ``misclassified.npy``: (epochs + 1, runs, ceil(P / 8)), bit-packed, kept points only.

No test, figure or table needs the activations: R, D and the sets all follow from these.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

log = logging.getLogger(__name__)

FILES = ("runs.parquet", "scalars.npz", "centres.npy", "misclassified.npy")


class Recorder:
    """Writes a trajectory; memory holds the scalars only."""

    def __init__(self, folder: Path, epochs: int, n_runs: int, n_samples: int, width: int, n_layers: int):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.scalars = {
            name: np.full((epochs + 1, n_runs), np.nan, np.float32) for name in ("loss", "train_error", "test_error")
        }
        self.noise: dict[float, np.ndarray] = {}
        self.sizes = {"n_samples": n_samples, "n_layers": n_layers}
        self.centres = self._stream("centres.npy", np.float32, (epochs + 1, n_runs, 2, width * n_layers))
        self.misclassified = self._stream("misclassified.npy", np.uint8, (epochs + 1, n_runs, -(-n_samples // 8)))

    def _stream(self, name: str, dtype: type, shape: tuple[int, ...]) -> np.memmap:
        return np.lib.format.open_memmap(self.folder / name, mode="w+", dtype=dtype, shape=shape)

    def record(self, epoch: int, loss, train_error, centres, misclassified) -> None:
        self.scalars["loss"][epoch] = loss.cpu()
        self.scalars["train_error"][epoch] = train_error.cpu()
        self.centres[epoch] = centres.cpu()
        self.misclassified[epoch] = misclassified.cpu()

    def record_test(self, epoch: int, test_error) -> None:
        self.scalars["test_error"][epoch] = test_error.cpu()

    def record_noisy_test(self, sigma: float, test_error) -> None:
        self.noise[sigma] = test_error.cpu().numpy()

    def close(self, runs: pd.DataFrame) -> None:
        """Finish the folder with ``runs`` (one row a run), adding ``diverged_at`` (epoch or null)."""
        diverged = ~np.isfinite(self.scalars["loss"])
        diverged_at = pd.array(np.where(diverged.any(0), diverged.argmax(0), -1), dtype="Int32")
        diverged_at[diverged_at < 0] = pd.NA
        for run in np.flatnonzero(diverged.any(0)):
            log.warning(
                "run %s diverged at epoch %d: its loss is not finite; lower its learning rate",
                " ".join(f"{key}={value}" for key, value in runs.iloc[run].items() if pd.notna(value)),
                diverged_at[run],
            )
        # What a run "classifies" with infinite weights means nothing.
        self.scalars["train_error"][diverged] = np.nan
        self.scalars["test_error"][diverged] = np.nan
        sigma = np.array(list(self.noise), np.float32)
        noisy = np.array(list(self.noise.values()), np.float32).reshape(len(sigma), len(runs))
        noisy[:, diverged.any(0)] = np.nan
        np.savez(self.folder / "scalars.npz", **self.scalars, sigma=sigma, noisy_test_error=noisy, **self.sizes)
        self.centres.flush()
        self.misclassified.flush()
        runs.assign(diverged_at=diverged_at).to_parquet(self.folder / "runs.parquet", index=False)


class Trajectory:
    """Reads a trajectory; the large arrays stay on disk until indexed."""

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.runs = pd.read_parquet(self.folder / "runs.parquet")
        with np.load(self.folder / "scalars.npz") as scalars:
            self.loss, self.train_error, self.test_error = (
                scalars[name] for name in ("loss", "train_error", "test_error")
            )
            self.sigma, self.noisy_test_error = scalars["sigma"], scalars["noisy_test_error"]
            self.n_samples, self.n_layers = int(scalars["n_samples"]), int(scalars["n_layers"])
        self.centres = np.load(self.folder / "centres.npy", mmap_mode="r")
        self.misclassified = np.load(self.folder / "misclassified.npy", mmap_mode="r")

    def sets(self, epochs, runs) -> np.ndarray:
        """Misclassified sets at ``epochs`` of ``runs`` (indices that broadcast): booleans (..., P)."""
        return np.unpackbits(self.misclassified[epochs, runs], axis=-1, count=self.n_samples).view(bool)


def read_trajectories(files: Sequence[str]) -> list[Trajectory]:
    """The trajectories that ``files`` (all files of each) make up, in order."""
    return [Trajectory(folder) for folder in dict.fromkeys(Path(file).parent for file in files)]
