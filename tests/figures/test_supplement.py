"""Supplementary figures 4-6, noises of figure 2, and the numbers of their captions, on made-up tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from project import REPOSITORY

from workflow.stragglers.figures import (
    fig2_stragglers,
    fig3_universality,
    figs4_removal,
    figs5_factors,
    figs6_conservation,
)
from workflow.stragglers.figures.captions import render
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.tables.subject import Subject


def text_of(module, content):
    """The caption of a figure, filled in."""
    stem = module.__name__.rsplit(".", 1)[1]
    return render((REPOSITORY / f"workflow/report/{stem}.rst").read_text(encoding="utf-8"), module.caption(content))


def subject(*families):
    """A study of one dataset or of these families."""
    titles = {"d": "Data", "half": "Half", "other": "Other"}
    networks = {"reference": "Reference", "wide": "Wide", "deep": "Deep"}
    optimizers = {"gd": "Gradient descent", "adam": "Adam"}
    return Subject(Defining(), {}, 10, families or [["d"]], titles, networks, optimizers)


def retrained(removed, ratio, n_removed, draw=0, network="reference", found=True):
    return pd.DataFrame(
        {
            "dataset": "d",
            "network": network,
            "optimizer": "gd",
            "seed": [0, 1, 0, 1],
            "removed": removed,
            "draw": draw,
            "n_removed": n_removed,
            "sigma": [0.0, 0.0, 1.0, 1.0],
            "test_error": ratio * np.array([0.05, 0.06, 0.1, 0.12]),
            "inversion_found": found,
        }
    )


@pytest.fixture
def ablation():
    return pd.concat(
        [
            retrained("none", 1, 0),
            retrained("stragglers", 2, 40, found=False),
            retrained("top_stragglers", 1.2, 10, draw=0),
            retrained("top_stragglers", 1.5, 20, draw=1),
            retrained("random", 1.1, 40),
            retrained("none", 1, 0, network="wide"),
            retrained("consensus", 1.8, 41, network="wide", found=False),
        ],
        ignore_index=True,
    )


def test_removals_are_named_and_fractions_told_apart(ablation):
    cells = dict(figs4_removal.Content(subject(), ablation).cells)
    assert [*cells] == ["Data", "Data, Wide"]
    names = [*figs4_removal.removals_of(cells["Data"])]
    assert names == ["random points", "25 % of stragglers", "50 % of stragglers", "stragglers"]
    assert [*figs4_removal.removals_of(cells["Data, Wide"])] == ["consensus stragglers"]


def test_removals_are_drawn_with_how_many_inverted(ablation):
    figure = figs4_removal.draw(figs4_removal.Content(subject(), ablation))
    texts = {text.get_text() for ax in figure.axes for text in ax.texts}
    assert {"0/2", "2/2"} <= texts
    assert "σ" not in text_of(figs4_removal, figs4_removal.Content(subject(), ablation))


def test_networks_and_optimisers_are_called_by_their_titles():
    of = subject()
    assert of.cell("reference", "gd") == "Reference" and of.cell("wide", "gd") == "Wide"
    assert of.cell("reference", "adam") == "Adam" and of.cell("wide", "adam") == "Wide, Adam"
    pairs = {"network_a": "reference", "optimizer_a": "gd", "network_b": ["reference", "wide"], "optimizer_b": "adam"}
    overlap = pd.DataFrame(pairs | {"n_pairs": 1, "jaccard": 0.5})
    # Networks under any optimiser are one matrix, optimisers of the reference network another.
    overlap = pd.concat([overlap, overlap.assign(network_a="wide", optimizer_a="adam")])
    overlap = pd.concat([overlap, overlap.assign(network_b="reference", optimizer_b=["gd", "gd", "adam", "adam"])])
    assert [*fig3_universality.overlap_matrix(overlap, of, "optimizers")] == ["Reference", "Adam"]
    assert [*fig3_universality.overlap_matrix(overlap, of, "networks_shared")] == ["Reference", "Wide, Adam"]
    drawn = figs5_factors.draw(factors()).axes[2]
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["Deep, layer 1", "Deep, layer 2"]


@pytest.mark.parametrize("stated", [None, (0.1, 0.13)])
def test_a_range_of_fractions_is_shaded_where_the_study_judges_one(stated):
    of = replace(subject(), stated_fraction=stated)
    runs = inversions("d", [0.05, 0.06]).assign(optimizer="gd", seed=[0, 1])
    consensus = pd.DataFrame({"dataset": ["d"], "fraction": 0.05, "ci_low": 0.04, "ci_high": 0.06})
    overlap = pd.DataFrame(columns=["network_a", "optimizer_a", "network_b", "optimizer_b", "n_pairs", "jaccard"])
    content = fig3_universality.Content(of, runs, consensus, overlap)
    drawn = fig3_universality.draw(content)
    said = [text.get_text() for ax in drawn.axes for text in ax.get_legend().get_texts()]
    assert ("10-13 %, as claimed" in said) == ("Shaded, 10-13 %" in text_of(fig3_universality, content)) == bool(stated)


def inversions(dataset, errors, network="reference", layer=1):
    found = np.isfinite(errors)
    return pd.DataFrame(
        {
            "dataset": dataset,
            "network": network,
            "layer": layer,
            "observable": "D",
            "found": found,
            "train_error": errors,
        }
    )


def factors(**changed):
    variance = pd.DataFrame(
        [
            (quantity, component, 0.25, 0.2, 0.3, 2, 3, 60)
            for quantity in ("train_error", "log_epoch")
            for component in ("dataset", "optimizer", "interaction", "seed")
        ],
        columns=["quantity", "component", "share", "ci_low", "ci_high", "n_datasets", "n_optimizers", "n_runs"],
    )
    inversion = [
        inversions("d", [0.1, 0.11]),
        inversions("half", [0.08, 0.09]),
        inversions("d", [0.1, 0.1], "deep"),
        inversions("d", [np.nan, 0.2], "deep", layer=2),
    ]
    given = {
        "subject": subject(["d", "half"], ["other"]),
        "variance": variance,
        "n_samples": {"d": 100, "half": 50, "other": 100},
        "inversion": pd.concat(inversion, ignore_index=True),
    }
    return figs5_factors.Content(**given | changed)


def test_only_families_of_several_sizes_and_deep_networks_are_drawn():
    content = factors()
    assert figs5_factors.sizes_of(content) == {"d": ["d", "half"]}
    assert content.layers == {"d": ["deep"]}
    figure = figs5_factors.draw(content)
    assert "1/2" in {text.get_text() for ax in figure.axes for text in ax.texts}
    text = text_of(figs5_factors, content)
    assert "2 datasets" in text and "Data: 2 sets" in text and "Data: 1 network" in text


def test_a_study_without_factors_says_so():
    # A sentence, and no axes.
    empty = factors(variance=factors().variance.iloc[:0], subject=subject(["d"]), inversion=inversions("d", [0.1]))
    assert figs5_factors.draw(empty).axes == []
    text = text_of(figs5_factors, empty)
    assert "One optimiser, no subsamples" in text and "(a)" not in text


def conserved(**changed):
    epochs = np.arange(1, 6)
    error = np.array([0.4, 0.2, 0.1, 0.05, 0.02])
    conservation = pd.DataFrame({"dataset": "d", "epoch": epochs, "train_error": error, "n_runs": 4})
    conservation = conservation.assign(mean_common=[99, 50, 20, 10, 5], z=1.0, jaccard=0.5, conditional=0.7)
    peak = pd.DataFrame({"dataset": "d", "statistic": ["z", "jaccard", "conditional"], "train_error": [0.1, 0.4, 0.2]})
    peak = peak.assign(ci_low=0.1, ci_high=0.4, value=0.7, plateau_low=0.05, plateau_high=0.4)
    given = {"observable": "D", "titles": {"d": "Data", "none": "None"}, "error_star": {"d": 0.1}}
    return figs6_conservation.Content(**given | {"conservation": conservation, "peak": peak} | changed)


def test_conservation_is_relative_to_the_inversion_and_only_where_sets_are_large_enough():
    content = conserved()
    assert content.curve("d")["relative"].tolist() == pytest.approx([4, 2, 1, 0.5])
    assert content.shown == ["d"]
    assert isinstance(figs6_conservation.draw(content), Figure)
    text = text_of(figs6_conservation, content)
    assert "Data (4 runs)" in text and "z 1.00 (0.50-4.00)" in text and "the probability 2.00" in text


def test_a_dataset_of_which_few_runs_invert_has_no_error_to_compare_with():
    table = pd.concat(
        [inversions("d", [0.1, 0.3]), inversions("half", [0.2, np.nan]), inversions("few", [0.1, np.nan, np.nan])]
    )
    assert figs6_conservation.inversion_errors(table) == {"d": pytest.approx(0.2), "half": 0.2}


def test_without_inversions_there_is_nothing_to_compare_with():
    content = conserved(error_star={})
    assert figs6_conservation.draw(content).axes == []
    assert "No dataset of this study" in text_of(figs6_conservation, content)


def test_an_interval_of_a_peak_stays_on_the_axis():
    low = conserved().peak.assign(ci_low=-0.1)
    for ax in figs6_conservation.draw(conserved(peak=low)).axes:
        drawn = [line.get_xdata() for bars in ax.containers for line in bars.lines[1]]
        assert drawn and all(np.min(ends) >= 0.5 for ends in drawn)


def test_a_curve_that_goes_back_and_forth_is_drawn_once_an_error():
    curve = pd.DataFrame({"relative": [1.0, 0.5, 1.0, 0.5], "z": [1.0, 2.0, 3.0, 4.0]})
    smooth = figs6_conservation.smoothed(curve, "z")
    assert smooth["relative"].tolist() == [1.0, 0.5] and smooth["z"].tolist() == [2.0, 3.0]


def test_each_noise_has_a_curve_of_its_own():
    rows = [
        (removed, draw, error, seed, sigma, 0.1 * (1 + sigma) + 0.01 * seed)
        for removed, draw, error in (
            ("none", 0, np.nan),
            ("stragglers", 0, 0.1),
            *(("misclassified_at", t, 0.4 / (t + 1)) for t in range(3)),
        )
        for seed in (0, 1)
        for sigma in (0.0, 0.5, 2.0)
    ]
    ablation = pd.DataFrame(rows, columns=["removed", "draw", "removed_error", "seed", "sigma", "test_error"])
    found = inversions("d", [0.1, 0.1])
    content = fig2_stragglers.Content("Data", "D", found, None, ablation, None, None, None)
    assert content.sigmas == [0.5, 2.0]
    ax = Figure().add_subplot()
    fig2_stragglers.draw_noisy_test_error(ax, content)
    handles, labels = ax.get_legend_handles_labels()
    assert labels == ["σ = 0.5", "σ = 2"]
    assert [handle.get_ydata()[0] for handle in handles] == pytest.approx([0.155, 0.305])
