"""A page with one text wherever a text from outside may come to stand."""

from project import REPOSITORY

from workflow.stragglers.page.charts import charts
from workflow.stragglers.page.document import document

# Checked against their schema, which takes seconds.
CHARTS = charts({"D": ("D", "#009E73")})
ASSETS = REPOSITORY / "workflow/report/page"


def content(*texts):
    """What the template asks for; a dataset, a claim, a figure and a row a text."""
    names = {f"d{number}": text for number, text in enumerate(texts)}
    first = texts[0]
    cell = {"span": 1, "sign": "✓", "verdict": "reproduced", "value": "1", "details": {"note": first}}
    run = {
        "run": "seed 0",
        "star": [2, 0.1],
        "values": {"train_error": [0.5, 0.1], "test_error": [0.5, None], "D": [0.1, 0.9]},
    }
    choices = [
        {"dataset": name, "network": text, "optimizer": text, "removed": "none", "left_out": 0, "runs": [run]}
        for name, text in names.items()
    ]
    sample = {"id": 3, "class": first, "label": -1, "rate": 0.5, "kind": "straggler", "wrong": "gA==", "n_features": 1}
    features = {"source": first, "features": [[first, 1, 2, 3]]}
    gallery = {"epochs": [1, 2], "runs": ["seed 0"], "turns": [2], "n_runs": 1}
    return {
        "study": first,
        "own": first,
        "listed": True,
        "lead": {"sentence": first, "heads": ["file"], "rows": [[text] for text in texts]},
        "figures": {"fig1": first},
        "tables": ["claims"],
        "answers": [{"title": text, "sentences": [text]} for text in texts],
        "verdicts": {
            "columns": [*texts],
            "rows": [
                {"statement": text, "source": text, "figure": text, "cells": [cell] * len(texts)} for text in texts
            ],
            "counts": {"reproduced": 1, "not reproduced": 0, "inconclusive": 0},
        },
        "data": {
            "called": {
                "dataset": names,
                "network": dict(zip(texts, texts, strict=True)),
                "optimizer": dict(zip(texts, texts, strict=True)),
                "removed": {"none": first},
            },
            "names": {"train_error": "training", "test_error": "test", "D": "D"},
            "epochs": [1, 2],
            "choices": choices,
            "charts": CHARTS,
            "galleries": [{"title": text, **gallery, "samples": [sample | features]} for text in texts],
            "sheets": [
                {
                    "name": "texts",
                    "title": first,
                    "columns": ["text"],
                    "rows": [[text] for text in texts],
                    "n_rows": len(texts),
                }
            ],
        },
    }


def made(folder, *texts):
    """Such a page in a file."""
    file = folder / "index.html"
    file.write_text(document(ASSETS, content(*texts)), encoding="utf-8")
    return file
