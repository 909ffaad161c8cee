"""The paper's open questions, each the subject of studies of its own: see ``question`` of the configuration."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from ..support.errors import InputError

QUESTIONS: dict[str, tuple[str, ...]] = {
    "scores": ("scores", "score_summary", "score_pairs", "score_stability", "score_variance", "score_removal"),
    "classes": ("classes", "classes_points"),
    "ledger": ("ledger", "ledger_runs", "vanishing"),
    "lenses": ("lenses", "lenses_turns", "lenses_maps"),
    "tasks": ("tasks", "tasks_models", "tasks_predicted"),
    "convolutions": ("convolutions", "convolutions_power", "convolutions_curves", "convolutions_flips"),
}
"""Question -> the tables that a study of it leaves beside its claims. Its figure is called ``figq_<question>``."""

EXTRAS: dict[str, tuple[str, ...]] = {"scores": ("cleanlab",), "lenses": ("ripser", "openTSNE", "umap")}
"""Question -> the modules that its studies alone need, which are not installed by default."""


def refuse_without_extras(question: str | None) -> None:
    """Raise :class:`InputError`, which says what brings it, if a module is missing that only this question needs."""
    if missing := [module for module in EXTRAS.get(question, ()) if not find_spec(module)]:
        raise InputError(
            f"config, question: {question} needs {missing[0]}, which is not installed (pip install -r envs/beyond.txt "
            "brings it)"
        )


OF_DENSE_NETWORKS = ("ledger", "scores")
"""Questions whose gradients of single points are of fully connected networks only."""


def refuse_unanswerable(question: str | None, kinds: Mapping[str, str], retrains: bool) -> None:
    """Raise :class:`InputError` for a study that cannot answer its question.

    ``kinds``: network -> its kind, of those that have runs; ``retrains``: whether there are ablations.
    """
    others = [name for name, kind in kinds.items() if kind != "dense"]
    if question in OF_DENSE_NETWORKS and others:
        raise InputError(
            f"config, networks.{others[0]}.kind: the question {question} is of dense networks, and this one is "
            f"{kinds[others[0]]} (leave it out of runs)"
        )
    if question == "scores" and not retrains:
        raise InputError("config, ablations: the question scores asks what ends inversions (name datasets and seeds)")


def claims_file(config: Mapping[str, Any]) -> str | bool:
    """The file of claims that a configuration names, or else that of its question, or the paper's; False for none."""
    question = config.get("question")
    return config.get("claims", f"config/claims/{question}.yaml" if question else "config/claims.yaml")
