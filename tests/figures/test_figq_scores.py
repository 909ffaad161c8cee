import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.analysis.score_names import STRAGGLER, TITLES
from workflow.stragglers.figures import figq_scores
from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.columns import SCORE_REMOVAL
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.tables.subject import Subject

SCORES = [STRAGGLER, "aum", "el2n_inversion", "label_quality", "lda"]
SUBJECT = Subject(Defining(), {"gd": "gd"}, 120, [["d"]], {"d": "Data"})


def bounds(name, value):
    return {name: value, f"{name}_low": value - 0.05, f"{name}_high": value + 0.05}


@pytest.fixture
def files(tmp_path):
    """Tables as small as a figure can be drawn from."""

    def write(scores=SCORES, recall=0.8, other="other"):
        each = {"dataset": "d", "n_runs": 10, "n_hardest": 40}
        kinds = ("jaccard", "rho", "own_share")
        summary = [
            {
                **each,
                "score": score,
                **{k: v for kind in kinds for k, v in bounds(kind, 0.6).items()},
                **bounds("recall", recall),
            }
            for score in scores
        ]
        pairs = [
            {
                "dataset": "d",
                "score_a": a,
                "score_b": b,
                **bounds("jaccard", 0.5),
                "rho": 0.7,
            }
            for number, a in enumerate(scores)
            for b in scores[number:]
        ]
        stability = [
            {"dataset": "d", "score": score, "size": size, "measure": measure, "value": 0.5 + size / 10}
            for score in scores
            for size in (1, 2, 3)
            for measure in ("rho", "jaccard")
        ]
        variance = [
            {"dataset": "d", "score": score, "component": component, "share": share}
            for score in ("all", *scores)
            for component, share in {"points": 0.6, "architecture": -0.1, "run": 0.5, "one direction": 0.7}.items()
        ]
        removal = [
            {**dict.fromkeys(SCORE_REMOVAL), "dataset": "d", "seed": seed, "removed": removed, "sigma": sigma}
            | {"test_error": 0.1 + seed / 100, "inversion_found": seed > 0, "diverged_at": np.nan}
            for removed in ("none", "random", "straggler only", *scores)
            for seed in range(5)
            for sigma in (0.0, 1.0)
        ]
        tables = {"summary": summary, "pairs": pairs, "stability": stability, "variance": variance, "removal": removal}
        found = {}
        for name, rows in tables.items():
            found[f"score_{name}"] = str(tmp_path / f"{name}.parquet")
            elsewhere = [{**row, "dataset": other} for row in rows]
            write_table(pd.DataFrame(rows + elsewhere), found[f"score_{name}"])
        return found

    return write


def test_rows_are_those_of_the_study_in_one_order(files):
    figure = figq_scores.draw(content := figq_scores.gather(files(), SUBJECT))
    assert content.scores == [name for name in TITLES if name in SCORES]
    axes = figure.subfigs[0].axes
    labels = [text.get_text() for text in axes[0].get_yticklabels()]
    assert labels == [*(TITLES[name] for name in content.scores), "stragglers, not linear", "random points"]
    assert [ax.get_title("left") for ax in (*axes, *figure.subfigs[1].axes[:2])] == list("abcdefg")
    # The three segments of a bar, of which one below 0 has no width, and those of the legend.
    widths = [patch.get_width() for patch in axes[1].patches]
    np.testing.assert_allclose(widths[:3], [0.6, 0, 0.5])
    assert "4/5" in {text.get_text() for text in axes[3].texts}


def test_without_planted_points_there_is_no_recall(files):
    content = figq_scores.gather(files(recall=np.nan), SUBJECT)
    assert not content.planted and len(figq_scores.draw(content).subfigs[0].axes) == 4


def test_a_study_in_which_nothing_inverts_is_drawn(files):
    content = figq_scores.gather(files(["aum", "lda"]), SUBJECT)
    figq_scores.draw(content)
    assert figq_scores.caption(content)["run_to_run"] is None


@pytest.mark.parametrize("scores", [SCORES, ["aum", "lda"]])
def test_the_caption_holds_the_numbers(files, tmp_path, scores):
    content = figq_scores.gather(files(scores), SUBJECT)
    write_caption("workflow/report/figq_scores.rst", str(tmp_path / "caption.rst"), figq_scores.caption(content))
    text = (tmp_path / "caption.rst").read_text(encoding="utf-8")
    assert "holds 0.70" in text and ("(0.60)" in text) == (STRAGGLER in scores) and "None" not in text
