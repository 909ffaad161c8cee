from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from drawn import written
from project import REPOSITORY

from workflow.stragglers.analysis.convolutions import LEVELS
from workflow.stragglers.figures import figq_convolutions
from workflow.stragglers.figures.captions import render
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support import columns
from workflow.stragglers.tables.subject import Subject

NETWORKS = {"reference": "dense", "tanh": "tanh", "relu": "ReLU"}
SUBJECT = Subject(
    Defining(), {"gd": "gd"}, 200, [["d"], ["flips"]], {"d": "Data", "flips": "Flips"}, NETWORKS, {"gd": "gd"}
)
TEMPLATE = (REPOSITORY / "workflow/report/figq_convolutions.rst").read_text(encoding="utf-8")
WHERE = {"source": "s", "task": "parity", "subset": "all", "optimizer": "gd"}


def made(flips=True):
    """The tanh network turns at conv1 and not at conv2, ReLU's nowhere."""
    tables = {name: [] for name in ("convolutions", "convolutions_power", "convolutions_curves", "convolutions_flips")}
    for dataset in SUBJECT.main:
        for network in NETWORKS:
            layers = ["1"] if network == "reference" else ["conv1", "conv2"]
            for layer, layer_name in enumerate(layers, start=1):
                of_layer = {**WHERE, "dataset": dataset, "network": network, "layer": layer, "layer_name": layer_name}
                found = network != "relu" and layer == 1
                for seed in range(5):
                    of_run = of_layer | {"seed": seed, "observable": "D"}
                    turn = {"epoch": 50, "train_error": 0.12, "depth": 0.1} if found else {}
                    tables["convolutions"].append(of_run | {"found": found, "opposite": False} | turn)
                    if not found:
                        power = {"planted_error": 0.1, "epoch": 60, "rise": 0.1, "least": 0.02 * (1 + seed)}
                        tables["convolutions_power"].append(of_run | power)
                for observable, epoch, seed in product(("D", "R"), (0, 1, 10, 100), range(5)):
                    of_epoch = {"observable": observable, "epoch": epoch, "seed": seed, "value": epoch / 100 + seed}
                    tables["convolutions_curves"].append(of_layer | of_epoch)
    if flips:
        for seed in range(5):
            of_run = {**WHERE, "dataset": "flips", "network": "tanh", "layer": 1, "seed": seed, "share": 0.1}
            moment = {"moment": "share", "epoch": 90, "train_error": 0.1, "clean_error": 0.02, "flips_error": 0.8}
            tables["convolutions_flips"].append(of_run | moment | {"precision": 0.8})
    return {name: pd.DataFrame(rows, columns=list(getattr(columns, name.upper()))) for name, rows in tables.items()}


@pytest.fixture
def content(tmp_path):
    def gather(tables):
        return figq_convolutions.gather(written(tables, tmp_path), SUBJECT)

    return gather


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_turns_are_counted_and_where_there_are_none_it_shows_what_would_have_been_found(content):
    drawn = content(made())
    figure = figq_convolutions.draw(drawn)
    grid, depths, flips = figure.axes[4:]
    # Two datasets, each 1 layer of the reference and 2 of two networks.
    assert texts(grid).count("5/5\n.120") == 4 and texts(grid).count("0/5") == 6
    assert [label.get_text() for label in grid.get_yticklabels()] == [*NETWORKS.values()]
    hollow = sorted(
        line.get_xdata()[0] for line in depths.lines if len(line.get_xdata()) and line.get_markerfacecolor() == "white"
    )
    # The fourth of five runs.
    assert hollow == pytest.approx([0.08] * 6)
    assert [label.get_text() for label in flips.get_yticklabels()] == ["tanh, ε = flips' share"]
    text = render(TEMPLATE, figq_convolutions.caption(drawn))
    assert "D, the distance of the manifolds, turns in 10 of 40 convolutional layers" in " ".join(text.split())


def test_depths_are_those_of_turns_or_of_what_would_have_been_found(content):
    found = list(figq_convolutions.depths(content(made()), "d"))
    assert found[:3] == [("reference", 1, 0.1, True), ("tanh", 1, 0.1, True), ("tanh", 2, 0.08, False)]
    assert figq_convolutions.LEVEL in LEVELS


def test_runs_that_diverged_are_left_out(content):
    tables = made()
    first = (tables["convolutions"]["network"] == "tanh") & (tables["convolutions"]["seed"] == 0)
    tables["convolutions"].loc[first, "diverged_at"] = 3
    grid = figq_convolutions.draw(content(tables)).axes[4]
    assert texts(grid).count("4/4\n.120") == 2


def test_without_flips_there_is_no_panel_of_them(content):
    assert len(figq_convolutions.draw(content(made(flips=False))).axes) == 6
    tables = made()
    tables["convolutions_flips"] = tables["convolutions_flips"].assign(epoch=np.nan)
    assert "no run comes to these moments" in texts(figq_convolutions.draw(content(tables)).axes[-1])


def test_a_curve_is_the_mean_over_all_runs(content):
    first, *_ = figq_convolutions.draw(content(made())).axes[0].lines
    np.testing.assert_allclose(first.get_xydata(), [(0, 2), (1, 2.01), (10, 2.1), (100, 3)])


def test_without_small_networks_the_curves_are_those_of_what_there_is(content):
    tables = {name: rows[rows["network"] != "tanh"] for name, rows in made(flips=False).items()}
    tables = {name: rows.replace({"network": {"relu": "own"}}) for name, rows in tables.items()}
    own = replace(SUBJECT, networks={"reference": "dense", "own": "Mine"})
    drawn = figq_convolutions.draw(replace(content(tables), subject=own))
    assert [line.get_label() for line in drawn.axes[0].lines if len(line.get_xdata()) > 2] == [
        "Mine, conv1",
        "Mine, conv2",
    ]


def test_layers_have_their_names_where_all_networks_share_them(content):
    tables = made()
    assert figq_convolutions.names_of_layers(content(tables)) == {1: "1", 2: "2"}
    alike = {name: rows[rows["network"] != "reference"] for name, rows in tables.items()}
    assert figq_convolutions.names_of_layers(content(alike)) == {1: "conv1", 2: "conv2"}
