import numpy as np
import pandas as pd
import pytest
from drawn import caption_of, written

from workflow.stragglers.analysis.classes import classes_table
from workflow.stragglers.analysis.classes_points import points_table
from workflow.stragglers.figures import figq_classes
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.columns import ABLATION, INVERSION
from workflow.stragglers.tables.subject import Subject

NETWORKS = {"deep": "3 layers", "reference": "20 units", "wide": "50 units"}
TITLES = {"d": "Ten of them", "d_parity": "Two of them"}
SUBJECT = Subject(Defining(), {"gd": "gd"}, 120, [["d"], ["d_parity"]], TITLES, NETWORKS)
MANY = [("D", None, None), *(("R", group, None) for group in "012"), ("D", "0", "1"), ("D", "0", "2"), ("D", "1", "2")]
TWO = [("R_minus", None, None), ("R_plus", None, None), ("D", None, None)]


def inversion(dataset, task, network, layer, about, turning, n_runs=6):
    """Of so many runs ``turning`` ones, in all observables."""
    each = {"dataset": dataset, "source": "s", "task": task, "subset": "all", "network": network, "optimizer": "gd"}
    rows = [
        {**dict.fromkeys(INVERSION), **each, "layer": layer, "layer_name": str(layer), "seed": seed, "removed": "none"}
        | {"observable": observable, "class_a": a, "class_b": b, "found": seed < turning, "epoch": 40}
        | {"train_error": 0.05 + 0.01 * seed if seed < turning else np.nan}
        for seed in range(n_runs)
        for observable, a, b in about
    ]
    return pd.DataFrame(rows).astype({"class_a": "string", "class_b": "string"})


@pytest.fixture
def files(tmp_path):
    """Tables as small as the figure can be drawn from."""

    def write(turning=6, deep=True, retrained=True, ten=True):
        parts = [inversion("d_parity", "parity", "reference", 1, TWO, 6)]
        if ten:
            parts += [inversion("d", "classes", network, 1, MANY, turning) for network in ("reference", "wide")]
            parts += [inversion("d", "classes", "deep", layer, MANY, 2) for layer in (1, 2) if deep]
        rows = pd.concat(parts, ignore_index=True)
        linear = pd.DataFrame({"dataset": ["d", "d_parity"], "classifier": "lda", "train_error": [0.1, 0.05]})
        sets = np.random.default_rng(0).random((4, turning, 60)) < 0.3
        about = {"dataset": "d", "source": "s", "task": "classes", "subset": "all"}
        retrainings = [
            {**dict.fromkeys(ABLATION), "dataset": "d", "network": "reference", "optimizer": "gd", "seed": seed}
            | {"removed": removed, "sigma": 0.0, "test_error": error + 0.001 * seed, "inversion_found": error < 0.15}
            for seed in range(6)
            for removed, error in {"none": 0.1, "stragglers": 0.2, "random": 0.11, "uniform": 0.1}.items()
        ]
        tables = {
            "inversion": rows,
            "classes": classes_table(rows, linear, "D"),
            "classes_points": points_table(sets, np.arange(60) % 3, about),
            "ablation": pd.DataFrame(retrainings if retrained and ten else [], columns=list(ABLATION)),
        }
        return written(tables, tmp_path)

    return write


def test_every_panel_shows_its_table(files, tmp_path):
    content = figq_classes.gather(files(), SUBJECT)
    assert content.titles == {"d": "Ten of them"} and content.shallow == ["reference", "wide"]
    assert content.deep == ["deep"] and content.parity("d")["dataset"] == "d_parity"
    figure = figq_classes.draw(content)
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert [texts.count(runs) for runs in ("2/6", "0/6", "6/6")] == [2, 1, 2], texts
    text = caption_of(figq_classes, content, tmp_path)
    assert "Ten of them 6 and 6 of 6." in text and "(d)" in text and "(f)" in text


def test_what_a_study_lacks_is_left_out(files, tmp_path):
    content = figq_classes.gather(files(turning=0, deep=False, retrained=False), SUBJECT)
    figq_classes.draw(content)
    text = caption_of(figq_classes, content, tmp_path)
    assert "Ten of them 0 and 0 of 6." in text and "(d)" not in text and "(f)" not in text


def test_a_study_of_parity_alone_says_so(files, tmp_path):
    content = figq_classes.gather(files(ten=False), SUBJECT)
    assert not figq_classes.draw(content).axes
    assert "No reference runs on ten classes" in caption_of(figq_classes, content, tmp_path)
