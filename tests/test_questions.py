"""Studies of the paper's open questions, each end to end in the smallest form that has an answer."""

import pytest
from project import TINY

from workflow.stragglers.study.questions import QUESTIONS
from workflow.stragglers.support import columns

STUDIES = {
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
    }
}


def test_every_question_is_tried():
    assert {*STUDIES} == {*QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_study_of_a_question_leaves_its_tables_its_claims_and_its_figure(fresh, question):
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
