"""Writes a trajectory (see ``trajectory``) while an ensemble trains."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..spec.specification import Protocol
from ..support.sealed import write_arrays, write_table, writing
from .trajectory import logarithmic_epochs

log = logging.getLogger(__name__)

FLUSH_EPOCHS = 32
"""Epochs held on the device before they are written: a GPU is not made to wait at every epoch."""
LOGARITHMIC_SETS = 200


def recorded_set_epochs(protocol: Protocol) -> np.ndarray:
    """Epochs whose misclassified sets are kept: all, or about 200 evenly spaced in their logarithm."""
    if protocol.sets == "every":
        return np.arange(protocol.epochs + 1)
    return np.r_[0, logarithmic_epochs(protocol.epochs, LOGARITHMIC_SETS)]


class _Stream:
    """An .npy file written front to back; memory holds nothing of it."""

    def __init__(self, path: Path, dtype: type, shape: tuple[int, ...]):
        self.file = open(path, "wb")  # noqa: SIM115 - closed by close()
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.file, header)

    def append(self, rows: torch.Tensor) -> None:
        self.file.write(rows.contiguous().cpu().numpy().data)

    def close(self) -> None:
        self.file.close()


class Recorder:
    """Writes a trajectory, epoch after epoch; memory holds the scalars and the last few epochs.

    Used in a ``with`` statement. Nothing stands under the names of the trajectory's files before :meth:`close`.
    """

    def __init__(
        self,
        folder: Path,
        protocol: Protocol,
        n_runs: int,
        n_samples: int,
        layers: Sequence[str],
        groups: Sequence[str],
    ):
        self.folder = Path(folder)
        self._files = ExitStack()
        states = protocol.epochs + 1
        self.set_epochs = recorded_set_epochs(protocol)
        self.scalars = {
            name: np.full((states, n_runs), np.nan, np.float32) for name in ("loss", "train_error", "test_error")
        }
        of_groups = (states, n_runs, len(layers), len(groups))
        self.scalars["zeros"] = np.full(of_groups, np.nan, np.float32)
        self.noise: dict[float, np.ndarray] = {}
        self.about = {"n_samples": n_samples, "layers": np.array(layers), "groups": np.array(groups)}
        self.gram = self._stream("gram.npy", np.float64, (*of_groups, len(groups)))
        shape = (len(self.set_epochs), n_runs, -(-n_samples // 8))
        self.misclassified = self._stream("misclassified.npy", np.uint8, shape)
        self._kept_sets = set(self.set_epochs.tolist())
        self._pending: dict[str, list[tuple[int, torch.Tensor]]] = {}

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *exception) -> None:
        self._files.__exit__(*exception)

    def _stream(self, name: str, dtype: type, shape: tuple[int, ...]) -> _Stream:
        stream = _Stream(self._files.enter_context(writing(self.folder / name)), dtype, shape)
        self._files.callback(stream.close)
        return stream

    def record(self, epoch: int, **measured: torch.Tensor) -> None:
        """Take what was measured of the state at ``epoch``; epochs come in order.

        Any of ``loss``, ``train_error``, ``test_error`` (runs,), ``zeros``, ``gram`` and ``misclassified``.
        """
        for name, values in measured.items():
            if name != "misclassified" or epoch in self._kept_sets:
                self._pending.setdefault(name, []).append((epoch, values))
        if len(self._pending["loss"]) == FLUSH_EPOCHS:
            self._flush()

    def record_noisy_test(self, sigma: float, test_error: torch.Tensor) -> None:
        self.noise[sigma] = test_error.cpu().numpy()

    def _flush(self) -> None:
        for name, waiting in self._pending.items():
            epochs, values = zip(*waiting, strict=True)
            rows = torch.stack(values)
            if name in self.scalars:
                self.scalars[name][list(epochs)] = rows.cpu()
            else:
                getattr(self, name).append(rows)
        self._pending.clear()

    def close(self, runs: pd.DataFrame, name: str) -> None:
        """Finish the folder with ``runs`` (one row a run) of ``name``, adding ``diverged_at`` (epoch or null)."""
        if self._pending:
            self._flush()
        self._files.close()
        diverged = ~np.isfinite(self.scalars["loss"])
        diverged_at = pd.array(np.where(diverged.any(0), diverged.argmax(0), -1), dtype="Int32")
        diverged_at[diverged_at < 0] = pd.NA
        for run in np.flatnonzero(diverged.any(0)):
            log.warning(
                "%s: run %s diverged at epoch %d: its loss is not finite; lower its learning rate",
                name,
                " ".join(f"{key}={value}" for key, value in runs.iloc[run].items() if pd.notna(value)),
                diverged_at[run],
            )
        # What a run "classifies" with infinite weights means nothing.
        self.scalars["train_error"][diverged] = np.nan
        self.scalars["test_error"][diverged] = np.nan
        sigma = np.array(list(self.noise), np.float64)
        noisy = np.array(list(self.noise.values()), np.float32).reshape(len(sigma), len(runs))
        noisy[:, diverged.any(0)] = np.nan
        noise = {"sigma": sigma, "noisy_test_error": noisy}
        write_arrays(
            {**self.scalars, **noise, "set_epochs": self.set_epochs, **self.about}, self.folder / "scalars.npz"
        )
        software = f"torch {torch.__version__}, numpy {np.__version__}"
        write_table(runs.assign(diverged_at=diverged_at, software=software), self.folder / "runs.parquet")
