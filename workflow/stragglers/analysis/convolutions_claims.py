"""Claims of the question ``convolutions``, each measured on the runs of one dataset.

Networks are called as in ``config/beyond/full/convolutions.yaml``: ``tanh`` and ``relu`` are convolutional, their maps
taken as they are (``tanh_pooled``, ``tanh_pixels``: otherwise); ``batch`` is the optimiser with mini-batches.
"""

import pandas as pd

from ..support.intervals import ratio
from ..tables.rows import mean_interval
from .evidence import Evidence
from .measured import NOTHING, Measured, mean_of, measures, share_of

CONVOLUTIONAL = ("tanh", "relu")
VISIBLE = 0.05
"""A fall, relative to the value at its turn, that must not be missed."""
AT = 0.1
"""Training error at which it is planted."""
CLOSE = 0.2
"""How far from the flips' share, relative to it, an inversion's error may be that counts as at it."""


def turns(evidence: Evidence, network: str, observable: str = "D", **other: str) -> pd.DataFrame:
    """Rows of ``convolutions`` of one network's runs that did not diverge."""
    rows = evidence.rows("convolutions", network=network, **other)
    return rows[(rows["observable"] == observable) & rows["diverged_at"].isna()]


def at_layer(rows: pd.DataFrame, layer: int) -> pd.DataFrame:
    """``layer`` from 1 on, or from the last on backwards, -1."""
    numbers = sorted(rows["layer"].unique())
    return rows[rows["layer"] == numbers[layer - 1 if layer > 0 else layer]] if numbers else rows


def inverting(evidence: Evidence, network: str, layer: int) -> Measured:
    """Share of the runs whose D turns at a layer."""
    return share_of(at_layer(turns(evidence, network), layer)["found"].astype(bool))


def conv_tanh_first(evidence: Evidence) -> Measured:
    return inverting(evidence, "tanh", 1)


def conv_tanh_second(evidence: Evidence) -> Measured:
    return inverting(evidence, "tanh", 2)


def conv_tanh_dense(evidence: Evidence) -> Measured:
    return inverting(evidence, "tanh", -1)


def conv_relu_first(evidence: Evidence) -> Measured:
    return inverting(evidence, "relu", 1)


def conv_relu_second(evidence: Evidence) -> Measured:
    return inverting(evidence, "relu", 2)


def conv_relu_dense(evidence: Evidence) -> Measured:
    return inverting(evidence, "relu", -1)


def conv_residual(evidence: Evidence) -> Measured:
    return inverting(evidence, "residual", -1)


def over_dense(evidence: Evidence, column: str) -> Measured:
    """A mean over the first layer's turns over that of the dense reference's, where both have any."""
    own, dense = (
        rows.loc[rows["found"].astype(bool), column].to_numpy(float)
        for rows in (at_layer(turns(evidence, name), 1) for name in ("tanh", "reference"))
    )
    return Measured(ratio(mean_interval(own), mean_interval(dense)), len(own))


def conv_error_of_dense(evidence: Evidence) -> Measured:
    return over_dense(evidence, "train_error")


def conv_shallower(evidence: Evidence) -> Measured:
    return over_dense(evidence, "depth")


def agreeing(evidence: Evidence, *others: dict[str, str]) -> Measured:
    """Share of the tanh network's convolutional layers at which ``others`` turn just where it does, mean over seeds."""

    def by_layer(rows: pd.DataFrame) -> pd.Series:
        convolved = rows[rows["layer_name"].str.startswith("conv")]
        return convolved.set_index(["seed", "layer"])["found"].astype(bool)

    own = by_layer(turns(evidence, "tanh"))
    compared = [by_layer(turns(evidence, **{"network": "tanh"} | other)) for other in others]
    agree = [(found == own.reindex(found.index)).groupby("seed").mean() for found in compared if len(found)]
    return mean_of(pd.concat(agree, axis=1).mean(axis=1)) if agree else NOTHING


def conv_normalisations_agree(evidence: Evidence) -> Measured:
    return agreeing(evidence, {"network": "tanh_pooled"}, {"network": "tanh_pixels"})


def conv_batches_agree(evidence: Evidence) -> Measured:
    return agreeing(evidence, {"optimizer": "batch"})


def conv_radius_too(evidence: Evidence) -> Measured:
    """Share of the convolutional layers whose D turns at which R turns, too, mean over the runs that have any."""
    shares = []
    for network in CONVOLUTIONAL:
        both = [
            rows[rows["layer_name"].str.startswith("conv")].set_index(["seed", "layer"])["found"].astype(bool)
            for rows in (turns(evidence, network, observable) for observable in ("D", "R"))
        ]
        turned = both[0][both[0]]
        shares.append(both[1].reindex(turned.index).astype(float).groupby("seed").mean())
    return mean_of(pd.concat(shares))


def conv_power(evidence: Evidence) -> Measured:
    """Share of a run's layers without a turn of D at which one of :data:`VISIBLE` would be found, mean over runs."""
    rows = pd.concat([evidence.rows("convolutions_power", network=network) for network in CONVOLUTIONAL])
    rows = rows[(rows["observable"] == "D") & (rows["planted_error"] == AT)]
    rows = rows.dropna(subset="least")
    found = (rows["least"] <= VISIBLE).groupby([rows["network"], rows["seed"]]).mean()
    return mean_of(found)


def at_moment(evidence: Evidence, moment: str) -> pd.DataFrame:
    """Rows of ``convolutions_flips`` of the convolutional networks."""
    rows = pd.concat([evidence.rows("convolutions_flips", network=network) for network in CONVOLUTIONAL])
    return rows[rows["moment"] == moment]


def conv_turn_at_flips(evidence: Evidence) -> Measured:
    rows = at_moment(evidence, "inversion")
    near = (rows["train_error"] / rows["share"] - 1).abs() <= CLOSE
    return share_of(near)


def conv_clean_first(evidence: Evidence) -> Measured:
    return mean_of(at_moment(evidence, "share")["precision"])


MEASURES = (
    measures(
        conv_tanh_first,
        conv_tanh_second,
        conv_tanh_dense,
        conv_relu_first,
        conv_relu_second,
        conv_relu_dense,
        conv_residual,
        conv_error_of_dense,
        conv_shallower,
        conv_normalisations_agree,
        conv_batches_agree,
        conv_radius_too,
        on=("convolutions",),
    )
    | measures(conv_power, on=("convolutions_power",))
    | measures(conv_turn_at_flips, conv_clean_first, on=("convolutions_flips",))
)
