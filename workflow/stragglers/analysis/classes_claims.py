"""Claims of the question ``classes`` beside those of the paper that it shares, of one dataset's classes each."""

import pandas as pd

from ..geometry.manifolds import D
from ..study.cell import REFERENCE
from ..support.intervals import Estimate, share
from .evidence import Evidence
from .measured import NOTHING, Measured, measures, share_of


def all_classes_invert(evidence: Evidence) -> Measured:
    for row in evidence.rows("classes").itertuples():
        return Measured(share(row.n_all_radii, row.n_runs), row.n_runs)
    return NOTHING


def most_turn(evidence: Evidence, what: str) -> Measured:
    """Mean over runs of the share of the ``radii`` or ``distances`` that turn; in how many runs all do, in the note."""
    for row in evidence.rows("classes").to_dict("records"):
        estimate = Estimate(*(row[f"{what}{bound}"] for bound in ("", "_low", "_high")))
        return Measured(estimate, row["n_runs"], f"all of them in {row[f'n_all_{what}']} of {row['n_runs']}")
    return NOTHING


def most_classes_invert(evidence: Evidence) -> Measured:
    return most_turn(evidence, "radii")


def most_pairs_invert(evidence: Evidence) -> Measured:
    return most_turn(evidence, "distances")


def all_classes_invert_in_wide_networks(evidence: Evidence) -> Measured:
    """Of the other networks with one hidden layer, all together; each in the note."""
    rows = evidence.tables["classes"]
    rows = rows[(rows["dataset"] == evidence.main) & (rows["optimizer"] == REFERENCE["optimizer"])]
    rows = rows[(rows.groupby("network")["layer"].transform("max") == 1) & (rows["network"] != REFERENCE["network"])]
    n_all, n_runs = int(rows["n_all_radii"].sum()), int(rows["n_runs"].sum())
    each = ", ".join(f"{row.network}: {row.n_all_radii} of {row.n_runs}" for row in rows.itertuples())
    return Measured(share(n_all, n_runs), n_runs, each)


def turns_by_layer(evidence: Evidence) -> pd.DataFrame:
    """Whether D turns, by network and seed, and by hidden layer (columns), of networks that have several layers."""
    rows = evidence.tables["inversion"].query("removed == 'none' and class_a.isna() and diverged_at.isna()")
    about = {"dataset": evidence.main, "optimizer": REFERENCE["optimizer"], "observable": D.name}
    rows = rows[(rows[[*about]] == pd.Series(about)).all(axis=1)]
    rows = rows[rows.groupby("network")["layer"].transform("max") > 1]
    return rows.pivot(index=["network", "seed"], columns="layer", values="found")


def first_layer_inverts(evidence: Evidence) -> Measured:
    turns = turns_by_layer(evidence)
    return share_of(turns[1].astype(bool)) if len(turns) else NOTHING


def every_layer_inverts(evidence: Evidence) -> Measured:
    turns = turns_by_layer(evidence)
    # A network without a layer has nothing there that could fail to turn.
    return share_of((turns.astype("boolean").fillna(True)).all(axis=1)) if len(turns) else NOTHING


def agreement(evidence: Evidence, a: str, b: str) -> Measured:
    """Jaccard index of the hardest points of two rankings over its ceiling; the index itself and chance in the note."""
    rows = evidence.rows("classes_points").query("ranking_a == @a and ranking_b == @b")
    for row in rows.itertuples():
        note = f"{row.jaccard:.2g}, by chance {row.jaccard_chance:.2g}"
        return Measured(Estimate(row.jaccard_ratio, row.jaccard_ratio_low, row.jaccard_ratio_high), row.n_runs, note)
    return NOTHING


def stragglers_are_paritys(evidence: Evidence) -> Measured:
    return agreement(evidence, "classes", "parity")


def own_turns_name_the_same(evidence: Evidence) -> Measured:
    return agreement(evidence, "classes", "own")


def own_turns_name_paritys(evidence: Evidence) -> Measured:
    return agreement(evidence, "own", "parity")


def mistakes_of_parity_are_paritys(evidence: Evidence) -> Measured:
    return agreement(evidence, "across", "parity")


MEASURES = {
    **measures(
        all_classes_invert,
        most_classes_invert,
        most_pairs_invert,
        all_classes_invert_in_wide_networks,
        on=("classes",),
    ),
    **measures(first_layer_inverts, every_layer_inverts, on=("inversion",)),
    **measures(
        stragglers_are_paritys,
        own_turns_name_the_same,
        own_turns_name_paritys,
        mistakes_of_parity_are_paritys,
        on=("classes_points",),
    ),
}
