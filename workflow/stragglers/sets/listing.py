"""The training samples of a cell, the most suspicious first, with where each is from and what it looks like."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..data.datasets import Dataset
from ..data.own import Origins
from ..data.tasks import group_index
from ..support.columns import LISTING
from ..support.sealed import writing
from ..support.text import printable
from ..training.trajectory import Trajectory
from .exemplars import png, stretched
from .stragglers import CONSENSUS_RATE

LARGEST_SIDE = 256
"""Pixels of the largest images that a listing carries."""
BRIGHT = 127
"""Images of bytes, none of them brighter, are stretched as other numbers are: 16 grey levels would be black."""


def learned(trajectories: Sequence[Trajectory]) -> tuple[np.ndarray, np.ndarray]:
    """Of each point (P,): the first epoch from which it stays right, mean over the runs that end with it right, and
    the number of these runs.

    NaN for a point that all runs end with wrong. Runs that diverged count for nothing.
    """
    n_samples = trajectories[0].n_samples
    total, n_runs = np.zeros(n_samples), np.zeros(n_samples, int)
    for trajectory in trajectories:
        whole = np.flatnonzero(trajectory.runs["diverged_at"].isna())
        last_wrong = np.full((len(whole), n_samples), -1)
        # Epoch by epoch: all sets at once would be gigabytes.
        for place in range(len(trajectory.set_epochs)):
            sets = trajectory.misclassified[place, whole]
            last_wrong[np.unpackbits(sets, axis=-1, count=n_samples).view(bool)] = place
        right = last_wrong < len(trajectory.set_epochs) - 1
        total += (trajectory.set_epochs[np.where(right, last_wrong + 1, 0)] * right).sum(axis=0)
        n_runs += right.sum(axis=0)
    return np.divide(total, n_runs, out=np.full(n_samples, np.nan), where=n_runs > 0), n_runs


def listing(
    stragglers: pd.DataFrame,
    learning: tuple[np.ndarray, np.ndarray],
    predictions: Mapping[str, np.ndarray],
    dataset: Dataset,
    origins: Origins | None,
) -> pd.DataFrame:
    """One row a training point of a cell, given its ``stragglers`` table and what :func:`learned` says.

    ``predictions``: ``group`` and ``margin`` (runs that inverted, P), see :func:`.predictions.predictions`.

    Most suspicious are the points with the highest straggler rate, of these the ones with the lowest mean margin.
    Without an inversion both are null, and the points come first that the fewest runs learn, and then the latest.
    ``rank_…``: places by one of these alone, 1 the most suspicious; equals share the first place of theirs.
    """
    of_kind = dict.fromkeys(("file", "row"), pd.NA)
    if origins:
        of_kind[origins.kind] = [printable(text) for text in origins.train.tolist()]
    names = class_names(dataset, origins)
    n_samples, margin = len(dataset.sample_id), predictions["margin"]
    table = pd.DataFrame(
        {
            "sample_id": dataset.sample_id,
            "file": pd.array(np.broadcast_to(of_kind["file"], n_samples), dtype="string"),
            "row": pd.array(np.broadcast_to(of_kind["row"], n_samples), dtype="string").astype("Int64"),
            "class": names,
            "straggler_rate": stragglers["straggler_rate"].to_numpy(float),
            "n_runs": stragglers["n_runs"].to_numpy(int),
            "suggested_class": suggested(names, group_index(dataset.label_train), predictions["group"]),
            "margin": margin.mean(axis=0, dtype=float) if len(margin) else np.nan,
            "learned_at": learning[0],
            "n_learned": learning[1],
        }
    )
    ranks = {
        "rank_straggler_rate": places(-table["straggler_rate"]),
        "rank_margin": places(table["margin"]),
        "rank_learned_at": places(table["n_learned"], -table["learned_at"]),
    }
    order = ["rank_straggler_rate", "rank_margin", "rank_learned_at", "sample_id"]
    return table.assign(**ranks).sort_values(order, ignore_index=True)[list(LISTING)]


def places(*keys: pd.Series) -> pd.Series:
    """Place of each row by ``keys``, the lowest first, from 1 on; equals share theirs. Null where there are no keys."""
    if keys[0].isna().all():
        return pd.Series(pd.NA, keys[0].index, dtype="Int64")
    order = pd.DataFrame(dict(enumerate(keys))).groupby([*range(len(keys))], dropna=False).ngroup()
    return order.rank(method="min").astype("Int64")


def class_names(dataset: Dataset, origins: Origins | None) -> np.ndarray:
    """What the class of each training point is called, texts (P,): its number where it has no name."""
    if origins is None:
        return dataset.class_train.astype(str)
    names = np.array([printable(name) for name in origins.class_name.tolist()])
    return names[np.searchsorted(origins.class_number, dataset.class_train)]


def suggested(names: np.ndarray, group: np.ndarray, predicted: np.ndarray) -> pd.Series:
    """What most runs that inverted take each point for, texts (P,), of equals rather another class than its own.

    ``names`` (P,) of classes; ``group`` (P,) and ``predicted`` (runs, P), numbers of groups. A group of several classes
    is called by all of them: "1+3+5". Null without runs.
    """
    if not len(predicted):
        return pd.Series(pd.NA, range(len(names)), dtype="string")
    groups = range(group.max() + 1)
    votes = np.stack([2 * (predicted == number).sum(axis=0) - (group == number) for number in groups])
    called = np.array(["+".join(np.unique(names[group == number])) for number in groups])
    chosen = votes.argmax(axis=0)
    return pd.Series(np.where(chosen == group, names, called[chosen]), dtype="string")


def with_images(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """``table`` with a column ``image``, ``{bytes, path}`` of a PNG, where the samples are images and not large."""
    images = dataset.images_train
    if images.ndim < 3 or max(images.shape[1:3]) > LARGEST_SIDE:
        return table
    place = pd.Series(range(len(dataset.sample_id)), dataset.sample_id)[table["sample_id"]]
    files = table["file"].fillna(table["sample_id"].astype("string") + ".png")
    pixels = as_bytes(images)
    shown = [{"bytes": png(pixels[at]), "path": file} for at, file in zip(place, files, strict=True)]
    return table.assign(image=shown)


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images (n, height, width[, channels]) as bytes: as they are, or from the darkest to the brightest of all."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.dtype == np.uint8 and images.max() > BRIGHT:
        return images
    return stretched(images)


def write_listing(table: pd.DataFrame, path: Path | str) -> None:
    """``table`` as Parquet that says of ``image`` what it is, in the words of Hugging Face's ``datasets``."""
    rows = pa.Table.from_pandas(table, preserve_index=False)
    if "image" in table:
        features = {"info": {"features": {"image": {"_type": "Image"}}}}
        rows = rows.replace_schema_metadata({**rows.schema.metadata, b"huggingface": json.dumps(features).encode()})
    with writing(path) as part:
        pq.write_table(rows, part)


def in_words(table: pd.DataFrame, n_runs: int, epochs: int, most: int | None, file: str) -> str:
    """What a listing says, in sentences; it is the ``file``, of ``n_runs`` runs of so many ``epochs``.

    ``most``: the epochs that were allowed, of trainings that end when the inversions are decided.
    """
    n_inverted = table["n_runs"].max()
    within = f"within {epochs} epochs"
    if most is not None:
        within += ", after which every run was decided" if epochs < most else ", the most that they may have"
    if n_inverted == 0:
        return (
            f"No run of {n_runs} inverted {within}: the classes never turn back, and no sample is a straggler. "
            "The figure fig1_dynamics and the page show the curves. To try: more epochs "
            f'(--config training="{{epochs: {5 * epochs}}}"), more samples than features, or another task. '
            f"{file} lists the samples by how late they are learned."
        )
    rate = table["straggler_rate"]
    consensus = rate >= CONSENSUS_RATE
    # A run's stragglers are as large a share of the samples as its ε*.
    return (
        f"{n_inverted} of {n_runs} runs inverted {within}, on average at a training error ε* of {rate.mean():.2%}; "
        f"{consensus.sum()} of {len(table)} training samples are stragglers of at least half of them, "
        f"φ_c = {consensus.mean():.2%}. {file} lists the samples, the most suspicious first."
    )
