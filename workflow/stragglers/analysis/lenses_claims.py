"""Claims of the question ``lenses``, each measured on the runs of one dataset that invert."""

from ..support.intervals import share
from .evidence import Evidence
from .measured import NOTHING, Measured, mean_of, measures


def at_inversion(evidence: Evidence, lens: str) -> Measured:
    """Share of the runs in which a lens turns at the inversion, the way that is expected; what else, in the note."""
    rows = evidence.rows("lenses_turns")
    rows = rows[rows["lens"] == lens]
    expected, other = rows[rows["expected"].astype(bool)], rows[~rows["expected"].astype(bool)]
    if expected.empty:
        return NOTHING
    elsewhere = expected[expected["found"].astype(bool) & ~expected["at_inversion"].astype(bool)]
    notes = []
    if len(elsewhere):
        notes.append(f"{len(elsewhere)} turn elsewhere, at {elsewhere['ratio'].median():.2g} t* in the median")
    if n_other := int(other["at_inversion"].sum()):
        notes.append(f"{n_other} have their {other['turn'].iloc[0]}imum there instead")
    return Measured(share(int(expected["at_inversion"].sum()), len(expected)), len(expected), "; ".join(notes))


def lens_distance(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "distance")


def lens_silhouette(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "silhouette")


def lens_components(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "components")


def lens_loops(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "loops")


def lens_participation(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "participation")


def lens_two_nn(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "two_nn")


def lens_mle(evidence: Evidence) -> Measured:
    return at_inversion(evidence, "mle")


def stragglers_on_the_other_side(evidence: Evidence) -> Measured:
    rows = evidence.rows("lenses")
    values = rows.loc[rows["epoch"] == rows["t_star"], "silhouette_stragglers"]
    return mean_of(values)


MEASURES = measures(
    lens_distance,
    lens_silhouette,
    lens_components,
    lens_loops,
    lens_participation,
    lens_two_nn,
    lens_mle,
    on=("lenses_turns",),
) | measures(stragglers_on_the_other_side, on=("lenses",))
