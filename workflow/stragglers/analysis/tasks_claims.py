"""What is claimed of the question what sets ε* and φ_c, measured on the table ``tasks_models``."""

from collections.abc import Callable, Mapping

import pandas as pd

from ..support.intervals import Estimate
from .measured import NOTHING, Measure, Measured


def number(
    quantity: str, model: str, term: str = "", response: str = "eps_star", held_out: str = ""
) -> Callable[[Mapping[str, pd.DataFrame]], Measured]:
    """The measure that reads one row of ``tasks_models``; its n counts tasks."""

    def of(tables: Mapping[str, pd.DataFrame]) -> Measured:
        wanted = {"quantity": quantity, "model": model, "term": term, "response": response, "held_out": held_out}
        models = tables["tasks_models"]
        for row in models[(models[[*wanted]] == pd.Series(wanted)).all(axis=1)].itertuples():
            return Measured(Estimate(row.value, row.ci_low, row.ci_high), row.n_tasks)
        return NOTHING

    return of


UNSEEN, OTHER_DATA = {"held_out": "classes"}, {"held_out": "data"}

MEASURES = {
    name: Measure(of, ("tasks_models",), jointly=True)
    for name, of in {
        "residual_predicts": number("r2", "residual", **UNSEEN),
        "residual_predicts_consensus": number("r2", "residual", response="phi_c", **UNSEEN),
        "residual_predicts_other_data": number("r2", "residual", **OTHER_DATA),
        "residual_is_the_error": number("factor", "residual as it is"),
        "residual_tells_inversion": number("auc", "residual", "lda_error", response="inverts"),
        "residual_follows_flips": number("shift", "residual as it is", "flips"),
        "residual_follows_size": number("shift", "residual as it is", "n_samples"),
        "dimension_predicts": number("r2", "dimension", **UNSEEN),
        "dimension_adds_to_residual": number("gain", "residual and dimension", "residual", **UNSEEN),
        "dimension_adds_to_linear": number("gain", "linear and dimension", "linear", **UNSEEN),
        "geometry_adds_to_linear": number("gain", "linear and geometry", "linear", **UNSEEN),
        "linear_adds_to_residual": number("gain", "linear", "residual", **UNSEEN),
    }.items()
}
