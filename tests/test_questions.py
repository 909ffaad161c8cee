"""Studies of the paper's open questions, each end to end in the smallest form that has an answer."""

import pytest
from project import REPOSITORY, TINY

from workflow.stragglers.study import questions
from workflow.stragglers.study.questions import EXTRAS, QUESTIONS
from workflow.stragglers.support import columns
from workflow.stragglers.support.errors import InputError

STUDIES = {
    "scores": {
        **TINY,
        "claims": "config/claims/scores.yaml",
        "datasets": {"digits": {"source": "digits", "subset": {"first": 300}, "flips": 0.1}},
        "runs": [{"datasets": ["digits"], "networks": ["reference", "relu"], "seeds": ["0-1"]}],
        "ablations": [{"datasets": ["digits"], "seeds": ["0-1"], "random_draws": 1}],
    },
    "classes": {
        **TINY,
        "claims": "config/claims/classes.yaml",
        "datasets": {
            "digits": {"source": "digits", "task": "classes", "subset": {"first": 300}},
            "digits_parity": {"source": "digits", "subset": {"first": 300}},
        },
        "networks": {"reference": {}, "wide": {"width": 30}, "deep": {"depth": 3}},
        "optimizers": {"gd": {"lr": 0.5}},
        "runs": [
            {"datasets": ["digits", "digits_parity"], "seeds": ["0-1"]},
            {"datasets": ["digits"], "networks": ["wide", "deep"], "seeds": ["0-1"]},
        ],
        "ablations": [{"datasets": ["digits"], "seeds": ["0-1"], "random_draws": 1, "grid": 0}],
    },
    "ledger": {
        **TINY,
        "claims": "config/claims/ledger.yaml",
        "networks": {
            "reference": {},
            "linear": {"activation": "linear"},
            "small": {"activation": "linear", "scale": 0.1},
        },
        "optimizers": {"gd": {"lr": 0.5}},
        "runs": [{"datasets": ["digits"], "networks": ["reference", "linear", "small"], "seeds": ["0-1"]}],
        "ablations": [],
    },
    "lenses": {
        **TINY,
        "claims": "config/claims/lenses.yaml",
        "networks": {"reference": {}},
        "optimizers": {"gd": {"lr": 0.5}},
        "runs": [{"datasets": ["digits"], "seeds": ["0-1"]}],
        "ablations": [],
    },
    "convolutions": {
        **TINY,
        "claims": "config/claims/convolutions.yaml",
        "datasets": {
            "digits": {"source": "digits", "subset": {"first": 300}},
            "flips": {"source": "digits", "subset": {"first": 300}, "flips": 0.1},
        },
        "networks": {"reference": {}, "tanh": {"kind": "convolutional", "stages": [{"channels": 2, "kernel": 3}]}},
        "optimizers": {"gd": {"lr": 0.5}},
        "runs": [{"datasets": ["digits", "flips"], "networks": ["reference", "tanh"], "seeds": ["0-1"]}],
        "ablations": [],
    },
    "tasks": {
        **TINY,
        "claims": "config/claims/tasks.yaml",
        "datasets": {
            "digits": {"source": "digits", "tasks": {"random_splits": 2, "seed": 0}, "subset": {"first": 300}},
            "flips": {"source": "digits", "task": {"pair": [3, 5]}, "flips": 0.1},
        },
        "networks": {"reference": {}},
        "optimizers": {"gd": {"lr": 0.5}},
        "runs": [{"datasets": ["digits", "flips"], "seeds": ["0-1"]}],
        "ablations": [],
    },
}


def test_every_question_is_tried():
    assert {*STUDIES} == {*QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_study_of_a_question_leaves_its_tables_its_claims_and_its_figure(fresh, question):
    for module in EXTRAS.get(question, ()):
        pytest.importorskip(module, reason=f"{module} is not installed; pip install -r envs/beyond.txt brings it")
    fresh.run({**STUDIES[question], "question": question})
    results = fresh.folder / "results/tiny"
    left = {file.stem for file in (results / "tables").glob("*.parquet")}
    assert {*QUESTIONS[question], "claims"} <= left and "conservation" not in left
    for table in QUESTIONS[question]:
        assert list(fresh.table(table)) == list(getattr(columns, table.upper())), table
        assert len(fresh.table(table)), table
    assert {file.name for file in (results / "figures").glob("[!.]*")} == {
        f"figq_{question}.{kind}" for kind in ("pdf", "png", "rst")
    }
    assert not (results / "index.html").exists()
    done = fresh.snakemake(None, "--configfile", "study.yaml", "--report", "report.html")
    assert done.returncode == 0 and (fresh.folder / "report.html").is_file(), done.stderr


@pytest.mark.parametrize(
    ("question", "kind", "retrains", "named"),
    [
        ("scores", "module", True, "networks.odd.kind.* is module"),
        ("ledger", "convolutional", True, "networks.odd.kind"),
        ("scores", "dense", False, "config, ablations"),
    ],
)
def test_a_study_that_cannot_answer_its_question_is_refused(question, kind, retrains, named):
    with pytest.raises(InputError, match=named):
        questions.refuse_unanswerable(question, {"reference": "dense", "odd": kind}, retrains)
    questions.refuse_unanswerable(question, {"reference": "dense"}, True)
    questions.refuse_unanswerable("lenses", {"odd": kind}, retrains)


@pytest.mark.parametrize("question", EXTRAS)
def test_a_question_without_its_extra_says_what_brings_it(monkeypatch, question):
    monkeypatch.setattr(questions, "find_spec", lambda module: None)
    with pytest.raises(
        InputError, match=rf"{question} needs \w+, which is not installed \(pip install -r envs/beyond.txt"
    ):
        questions.refuse_without_extras(question)


def test_all_extras_are_pinned_and_others_need_none(monkeypatch):
    named = {"umap": "umap-learn"}
    pinned = {
        line.partition("==")[0] for line in (REPOSITORY / "envs/beyond.txt").read_text(encoding="utf-8").splitlines()
    }
    assert {named.get(module, module) for modules in EXTRAS.values() for module in modules} <= pinned
    monkeypatch.setattr(questions, "find_spec", lambda module: None)
    questions.refuse_without_extras(None)
