"""The figures: what each is called and which tables it reads. Importable without what draws them.

Each has a module of its stem here, with three functions: ``gather(files, subject)`` reads what the figure shows,
``draw(content, columns)`` draws it, so many columns of a journal wide, and ``caption(content)`` gives the numbers of
the template of that stem in ``workflow/report/``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What a study has to know of a figure in order to plan it."""

    stem: str
    label: str
    """What the report calls it."""
    tables: tuple[str, ...]
    """Those that it reads. A study that lacks one of them lacks the figure."""
    per_dataset: bool = False
    """Whether each main dataset has one of its own."""
    exemplars: bool = False
    """Whether it reads a dataset's exemplary points, too."""
    of_many_groups: bool = False
    """Whether it is of datasets of more than two groups only."""
    of_ablations: bool = False
    """Whether it is of retrained runs only."""
    of_claimed_fraction: bool = False
    """Whether it shows where a claim of the study says that the straggler fraction lies."""
    question: str | None = None
    """The question that it answers, if it is of studies of that question only."""


FIGURES = (
    Figure("fig1_dynamics", "1: dynamics", ("dynamics", "manifolds", "inversion", "stragglers"), per_dataset=True),
    Figure(
        "fig2_stragglers",
        "2: stragglers",
        ("dynamics", "inversion", "ablation", "conservation", "conservation_peak"),
        per_dataset=True,
        exemplars=True,
    ),
    Figure("fig3_universality", "3: universality", ("inversion", "consensus", "overlap"), of_claimed_fraction=True),
    Figure("figs1_planted", "S1: planted stragglers", ("planted",)),
    Figure("figs2_linear", "S2: linear classifiers", ("linear",)),
    Figure("figs3_detection", "S3: settings of the detection", ("detection",)),
    Figure("figs4_removal", "S4: kinds of removal", ("ablation",), of_ablations=True),
    Figure("figs5_factors", "S5: what the inversion depends on", ("inversion", "variance", "linear")),
    Figure("figs6_conservation", "S6: measures of conservation", ("inversion", "conservation", "conservation_peak")),
    Figure("figs7_groups", "S7: group by group", ("inversion",), per_dataset=True, of_many_groups=True),
    Figure("figq_tasks", "What sets φ?", ("tasks", "tasks_models", "tasks_predicted"), question="tasks"),
    Figure(
        "figq_scores",
        "Which points matter?",
        ("score_summary", "score_pairs", "score_stability", "score_variance", "score_removal"),
        per_dataset=True,
        question="scores",
    ),
    Figure(
        "figq_lenses",
        "Do other lenses see it?",
        ("lenses", "lenses_turns", "lenses_maps"),
        per_dataset=True,
        question="lenses",
    ),
    Figure(
        "figq_convolutions",
        "Do convolutional networks invert?",
        ("convolutions", "convolutions_power", "convolutions_curves", "convolutions_flips"),
        question="convolutions",
    ),
    Figure(
        "figq_classes",
        "Does it hold for ten classes?",
        ("classes", "classes_points", "inversion", "ablation"),
        question="classes",
    ),
    Figure("figq_ledger", "Why does it turn?", ("ledger", "ledger_runs", "vanishing"), question="ledger"),
)
