import numpy as np
import pandas as pd
import pytest
from drawn import caption_of, written

from workflow.stragglers.analysis.lenses import EXPECTED, TIMES, epochs_around, turns_table
from workflow.stragglers.analysis.lenses_maps import MAPS, STATES
from workflow.stragglers.figures import figq_lenses
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.columns import LENSES, LENSES_MAPS, LENSES_TURNS
from workflow.stragglers.tables.subject import Subject

SUBJECT = Subject(Defining(), {"gd": "gd"}, 400, [["d"]], {"d": "Data"})


def run(seed, t_star):
    epochs = epochs_around(t_star, 400)
    bump = np.exp(-(np.log2(epochs / t_star) ** 2) / 2)
    curves = {lens: bump if turn == "max" else 1 - bump for lens, turn in EXPECTED.items()}
    about = {"dataset": "d", "seed": seed, "t_star": t_star, "epoch": epochs, "train_error": 0.1, "n_points": 50}
    return pd.DataFrame({**about, **curves, "silhouette_stragglers": -bump}).reindex(columns=list(LENSES))


@pytest.fixture
def files(tmp_path):
    def write(runs):
        rng = np.random.default_rng(0)
        of_epochs = pd.concat(runs) if runs else pd.DataFrame(columns=list(LENSES))
        each = {"dataset": "d", "seed": 3, "label": [-1, 1] * 25, "straggler": [True] * 7 + [False] * 43}
        places = [
            pd.DataFrame({**each, "map": kind, "state": state, "x": rng.normal(size=50), "y": rng.normal(size=50)})
            for kind in MAPS
            for state in STATES
        ]
        maps = pd.concat(places).reindex(columns=list(LENSES_MAPS))
        turns = turns_table(of_epochs) if runs else pd.DataFrame(columns=list(LENSES_TURNS))
        tables = {"lenses": of_epochs, "lenses_turns": turns, "lenses_maps": maps if runs else maps.iloc[:0]}
        return written(tables, tmp_path)

    return write


def test_curves_are_drawn_in_units_of_each_runs_inversion(files, tmp_path):
    content = figq_lenses.gather(files([run(3, 40), run(4, 80)]), SUBJECT)
    silhouette = content.curves["silhouette"]
    assert silhouette.shape == (2, len(TIMES)) and np.nanargmax(silhouette, axis=1).tolist() == [12, 12]
    # The later run's training ends before 8 t*.
    assert np.isnan(silhouette[1, -1]) and np.isfinite(silhouette[0, -1])
    figure = figq_lenses.draw(content)
    assert sum(text.get_text() == "2/2" for ax in figure.axes for text in ax.texts) == len(EXPECTED)
    text = caption_of(figq_lenses, content, tmp_path)
    assert "of the 2 runs" in text and "same 50 points, among them 7" in text and "silhouette 2 of 2," in text


def test_a_dataset_without_inversions_says_so(files, tmp_path):
    content = figq_lenses.gather(files([]), SUBJECT)
    figure = figq_lenses.draw(content)
    assert not figure.axes and figure.texts[0].get_text().startswith("No run inverts")
    assert "of the 0 runs" in caption_of(figq_lenses, content, tmp_path)
