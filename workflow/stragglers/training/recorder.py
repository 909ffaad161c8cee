"""Writes a trajectory (see ``trajectory``) while an ensemble trains."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..spec.specification import Protocol
from ..support.sealed import write_arrays, write_table, writing
from .stream import Stream
from .trajectory import MARGINS, logarithmic_epochs

log = logging.getLogger(__name__)

FLUSH_EPOCHS = 32
"""Epochs held on the device before they are written: a GPU is not made to wait at every epoch."""
LOGARITHMIC_SETS = 200
LOGARITHMIC_MARGINS = 50


def recorded_set_epochs(protocol: Protocol) -> np.ndarray:
    """Epochs whose misclassified sets are kept: all, or about 200 evenly spaced in their logarithm."""
    if protocol.sets == "every":
        return np.arange(protocol.epochs + 1)
    return np.r_[0, logarithmic_epochs(protocol.epochs, LOGARITHMIC_SETS)]


def recorded_margin_epochs(protocol: Protocol) -> np.ndarray:
    """Epochs whose margins are kept: about 50 evenly spaced in their logarithm, or none."""
    return np.r_[0, logarithmic_epochs(protocol.epochs, LOGARITHMIC_MARGINS)] if protocol.margins else np.arange(0)


class Recorder:
    """Writes a trajectory, epoch after epoch; memory holds the scalars and the last few epochs.

    Used in a ``with`` statement. Nothing stands under the names of the trajectory's files before :meth:`close`.
    """

    def __init__(
        self,
        folder: Path,
        unfinished: Path,
        protocol: Protocol,
        n_runs: int,
        n_samples: int,
        layers: Sequence[str],
        groups: Sequence[str],
        kept: dict[str, Any] | None = None,
    ):
        """``unfinished``: the folder of the streams as they come; ``kept``: an earlier :meth:`state` to go on from."""
        self.folder = Path(folder)
        states = protocol.epochs + 1
        self.set_epochs, self.margin_epochs = recorded_set_epochs(protocol), recorded_margin_epochs(protocol)
        of_groups = (states, n_runs, len(layers), len(groups))
        self.scalars = {
            name: np.full((states, n_runs), np.nan, np.float32) for name in ("loss", "train_error", "test_error")
        } | {"zeros": np.full(of_groups, np.nan, np.float32)}
        self.noise: dict[float, np.ndarray] = {}
        self.about = {"n_samples": n_samples, "layers": np.array(layers), "groups": np.array(groups)}
        shapes = {
            "gram": (np.float64, (*of_groups, len(groups))),
            "misclassified": (np.uint8, (len(self.set_epochs), n_runs, -(-n_samples // 8))),
        }
        if protocol.margins:
            shapes["margins"] = (np.float32, (len(self.margin_epochs), n_runs, len(MARGINS), n_samples))
        self.streams = {
            name: Stream(unfinished / f"{name}.npy", dtype, shape, kept and kept["streams"][f"{name}.npy"])
            for name, (dtype, shape) in shapes.items()
        }
        self.margin_sums = torch.zeros(())
        if kept:
            self.scalars = {name: values.numpy() for name, values in kept["scalars"].items()}
            self.margin_sums = kept["margin_sums"]
        self._kept = {"misclassified": set(self.set_epochs.tolist()), "margins": set(self.margin_epochs.tolist())}
        self._pending: dict[str, list[tuple[int, torch.Tensor]]] = {}

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *exception) -> None:
        for stream in self.streams.values():
            stream.close()

    def state(self) -> dict[str, Any]:
        """All that is recorded so far, the streams by how far they have come: see ``kept`` of a new recorder."""
        self._flush()
        return {
            "scalars": {name: torch.from_numpy(values) for name, values in self.scalars.items()},
            "margin_sums": self.margin_sums,
            "streams": {stream.path.name: stream.state() for stream in self.streams.values()},
        }

    def record(self, epoch: int, **measured: torch.Tensor) -> None:
        """Take what was measured of the state at ``epoch``; epochs come in order.

        Any of ``loss``, ``train_error``, ``test_error`` (runs,), and what meters find, by their names.
        """
        if "margins" in measured:
            self.margin_sums = self.margin_sums.to(measured["margins"].device) + measured["margins"].double()
            means = (self.margin_sums / (epoch + 1)).to(measured["margins"].dtype)
            measured["margins"] = torch.cat([measured["margins"], means], dim=1)
        for name, values in measured.items():
            if epoch in self._kept.get(name, {epoch}):
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
                self.streams[name].append(rows)
        self._pending.clear()

    def close(self, runs: pd.DataFrame, name: str) -> None:
        """Finish the folder with ``runs`` (one row a run) of ``name``, adding ``diverged_at`` (epoch or null)."""
        self._flush()
        for stream in self.streams.values():
            stream.close()
            with writing(self.folder / stream.path.name) as part:
                stream.become(part)
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
        epochs = {"set_epochs": self.set_epochs, "margin_epochs": self.margin_epochs}
        write_arrays({**self.scalars, **noise, **epochs, **self.about}, self.folder / "scalars.npz")
        software = f"torch {torch.__version__}, numpy {np.__version__}"
        write_table(runs.assign(diverged_at=diverged_at, software=software), self.folder / "runs.parquet")
