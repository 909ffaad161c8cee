"""Titles that some program on their way would run or read as markup, through a whole study to its report and page."""

import json
import re

import pytest
from hostile import TITLES
from test_outcomes import Captions

from workflow.stragglers.support.text import one_line


@pytest.mark.faults
@pytest.mark.counts("hostile titles: shown as they are by report and page of a study")
def test_titles_of_all_kinds_are_shown_as_they_are(fresh, record_property):
    datasets = {
        f"d{number}": {"source": "digits", "subset": {"first": 60}, "title": title}
        for number, title in enumerate(TITLES)
    }
    study = {
        "study": "hostile",
        "datasets": datasets,
        "networks": {"reference": {"width": 2}},
        "optimizers": {"gd": {"lr": 0.2}},
        "training": {"epochs": 5, "device": "cpu"},
        "runs": [{"datasets": [*datasets], "seeds": ["0"]}],
    }
    fresh.run(study)
    done = fresh.run(study, "--report", "report.html")
    assert not re.search(r"\((ERROR|WARNING|SEVERE)/\d\)", done.stdout + done.stderr)
    text = (fresh.folder / "report.html").read_text(encoding="utf-8")
    captions = [Captions(json.loads(caption)) for caption in re.findall(r'"caption": ("(?:[^"\\]|\\.)*")', text)]
    assert not {"script", "pre", "iframe"} & set().union(*(caption.elements for caption in captions))
    shown = " ".join(" ".join(caption.text.split()) for caption in captions)
    page = (fresh.folder / "results/hostile/index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text + page
    missing = [title for title in TITLES if one_line(title) not in shown]
    record_property("tried", len(TITLES))
    record_property("failed", len(missing))
    assert not missing
