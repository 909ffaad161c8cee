"""Titles that some program on their way would run or read as markup, through a whole study to its report and page."""

import json
import re
from itertools import cycle

import pytest
from hostile import TITLES
from test_outcomes import Captions

from workflow.stragglers.support.text import one_line


def texts(data):
    """All texts in what a page holds."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (dict, list)):
        for inner in [*data, *data.values()] if isinstance(data, dict) else data:
            yield from texts(inner)


@pytest.mark.faults
@pytest.mark.counts("hostile titles: shown as they are by report and page of a study")
def test_titles_of_all_kinds_are_shown_as_they_are(fresh, record_property):
    names = [f"n{number}" for number in range(len(TITLES) // 3 + 1)]
    # The first of each are those that the others are compared with.
    networks, optimizers = ["reference", *names[1:]], ["gd", *names[1:]]
    entries = {"source": "digits", "subset": {"first": 60}}, {"width": 2}, {"lr": 0.2}
    titled = [
        {name: entry | {"title": title} for name, title in zip(named, TITLES[first::3], strict=False)}
        for first, (named, entry) in enumerate(zip((names, networks, optimizers), entries, strict=True))
    ]
    study = {
        "study": "hostile",
        **dict(zip(("datasets", "networks", "optimizers"), titled, strict=True)),
        "training": {"epochs": 5, "device": "cpu"},
        "runs": [
            {"datasets": [dataset], "networks": [network], "optimizers": [optimizer], "seeds": ["0"]}
            for dataset, network, optimizer in zip(*titled[:2], cycle(titled[2]), strict=False)
        ],
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
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])
    # Networks and optimisers stand in no caption.
    shown = [shown, *texts(data)]
    missing = [title for title in TITLES if not any(one_line(title) in text for text in shown)]
    record_property("tried", len(TITLES))
    record_property("failed", len(missing))
    assert not missing
