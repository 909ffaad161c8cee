import numpy as np
import pandas as pd
import pytest
from conftest import ADDRESS
from matplotlib.figure import Figure

from workflow.stragglers.analysis.detection_sweep import VALUES, detection_table, variants
from workflow.stragglers.figures import figs3_detection
from workflow.stragglers.geometry.inversion import defining_inversions, inversions
from workflow.stragglers.sets.stragglers import CONSENSUS_RATE, straggler_rate, straggler_sets
from workflow.stragglers.spec.specification import Defining, Detection
from workflow.stragglers.support import columns
from workflow.stragglers.tables.subject import Subject

DETECTION, DEFINING = Detection(), Defining()
N, P = 150, 200


def curves(turns, kink=None):
    """R₊ and D of runs that turn at ``turns`` (never where that is None), (epochs + 1, runs).

    ``kink``: an epoch at which D has a turn that stands out more than the later one.
    """
    t = np.arange(N + 1.0)
    d = np.stack([np.log1p(t) if turn is None else -np.abs(np.log((t + 1) / (turn + 1))) for turn in turns], axis=1)
    if kink is not None:
        d[kink] += 20
    return {"D": d, "R_plus": -np.roll(d, 3, axis=0), "R_minus": np.tile(t[:, None] / N, len(turns)), "R": 0 * d}


@pytest.fixture
def block(written):
    """A trajectory and its dynamics: errors fall from 1/2, points are learned in the order of their number."""

    def make(turns, seeds=None, kink=None, name="run", dataset="small"):
        seeds = list(range(len(turns))) if seeds is None else seeds
        learned = np.linspace(P // 2, P, N + 1).astype(int)
        sets = np.arange(P) >= learned[:, None, None] + np.zeros((1, len(turns), 1), int)
        trajectory = written(sets, seeds=seeds, name=name)
        trajectory.runs["dataset"] = dataset
        shape = curves(turns, kink)
        dynamics = pd.concat(
            pd.DataFrame(
                {
                    **{**ADDRESS, "dataset": dataset},
                    "layer": 1,
                    "layer_name": "1",
                    "run": run,
                    "seed": seed,
                    "removed": "none",
                    "draw": 0,
                    "epoch": np.arange(N + 1),
                    "loss": 1.0,
                    "train_error": sets[:, run].mean(axis=1),
                    "test_error": 0.5,
                    **{observable: values[:, run] for observable, values in shape.items()},
                }
            )
            for run, seed in enumerate(seeds)
        )
        return dynamics, trajectory

    return make


def test_one_setting_changes_at_a_time_and_the_studys_own_is_among_its_values():
    detection, defining = Detection(burn_in=7, noise=3.0), Defining("R_plus")
    varied = list(variants(detection, defining))
    for setting, values in VALUES.items():
        of_setting = [variant for variant in varied if variant[0] == setting]
        assert len(of_setting) == len({*values, getattr(detection, setting)})
        assert [getattr(used, setting) for _, _, _, used, _ in of_setting] == sorted(
            {*values, getattr(detection, setting)}
        )
        assert all({**vars(used), setting: 0} == {**vars(detection), setting: 0} for *_, used, _ in of_setting)
    assert {defined.observable for setting, *_, defined in varied if setting == "observable"} == {
        "R_minus",
        "R_plus",
        "R",
        "D",
    }
    for setting, _, own, used, defined in varied:
        assert own == ((used, defined) == (detection, defining)), setting
    assert sum(own for _, _, own, _, _ in varied) == len(VALUES) + 1


def about(**titles):
    """Datasets by their titles."""
    optimizers = {"gd": "gd", "adam": "Adam"}
    return Subject(DEFINING, {}, 100, [[name] for name in titles], titles, {"reference": "reference"}, optimizers)


def test_the_studys_own_settings_give_the_inversions_of_the_study(block):
    first, second = block([40, None, 45]), block([50], seeds=[7], name="second")
    dynamics, trajectories = zip(first, second, strict=True)
    table = detection_table(dynamics, trajectories, DETECTION, DEFINING)
    found = [inversions(rows, DETECTION) for rows in dynamics]
    study = pd.concat([defining_inversions(rows, DEFINING) for rows in found]).query("found")
    rate = straggler_rate(straggler_sets(trajectories, found, DEFINING).sets)
    own = table[table["own"]]
    assert own["setting"].tolist() == [*VALUES, "observable"]
    assert (own["n_runs"] == 4).all() and (own["n_inverted"] == len(study)).all() and len(study) == 3
    assert (own["eps_star"] == study["train_error"].mean()).all()
    assert (own["epoch"] == study["epoch"].astype(float).mean()).all()
    assert (own["phi_c"] == (rate >= CONSENSUS_RATE).mean()).all()
    assert own[["ci_low", "ci_high", "phi_c_low", "phi_c_high"]].isna().all(axis=None)


def test_a_clean_turn_does_not_depend_on_the_numbers(block):
    dynamics, trajectory = block([40, 45])
    table = detection_table([dynamics], [trajectory], DETECTION, DEFINING).query("setting != 'observable'")
    assert (table["n_inverted"] == 2).all() and table["epoch"].unique().tolist() == [42.5]
    assert table["phi_c"].nunique() == 1


def test_a_kink_within_the_burn_in_counts_only_without_it(block):
    dynamics, trajectory = block([60], kink=8)
    table = detection_table([dynamics], [trajectory], DETECTION, DEFINING).query("setting == 'burn_in'")
    assert table["epoch"].tolist() == [8, 8, 8, 60, 60]
    # More is misclassified early.
    assert table["eps_star"].is_monotonic_decreasing and table["eps_star"].iloc[0] > table["eps_star"].iloc[-1]


def test_each_observable_has_its_own_turn(block):
    dynamics, trajectory = block([40])
    table = detection_table([dynamics], [trajectory], DETECTION, DEFINING)
    by_observable = table.query("setting == 'observable'").set_index("value")
    assert by_observable.loc["D", "epoch"] == 40 and by_observable.loc["R_plus", "epoch"] == 43
    assert by_observable.loc["R_minus", "n_inverted"] == 0 and np.isnan(by_observable.loc["R_minus", "eps_star"])


def test_other_cells_are_swept_for_the_runs_that_invert_alone(block):
    dynamics, trajectory = block([40, 45])
    early, _ = block([4, 60], name="early")
    table = detection_table([dynamics, early.assign(optimizer="adam")], [trajectory, None], DETECTION, DEFINING)
    burn_in = table.query("optimizer == 'adam' and setting == 'burn_in'")
    # A turn at epoch 4 is lost to a burn-in of 5 or more, its feet are not.
    assert burn_in["n_inverted"].tolist() == [2, 2, 1, 1, 1] and burn_in["phi_c"].isna().all()
    content = figs3_detection.Content(about(small="Small"), table)
    assert content.reference.query("setting == 'burn_in'")["others"].tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert isinstance(figs3_detection.draw(content), Figure)
    (row,) = figs3_detection.caption(content)["datasets"]
    assert row["most_dependent"] == {"cell": "Adam", "n_runs": 2, "fewest": 1, "most": 2}


def test_runs_that_never_turn_have_no_values(block):
    table = detection_table(*zip(block([None, None]), strict=True), DETECTION, Defining("R_minus"))
    quantities = table.query("setting != 'observable'")[["epoch", "eps_star", "ci_low", "phi_c"]]
    assert quantities.isna().all(axis=None) and (table["n_runs"] == 2).all()


def test_datasets_are_swept_apart(block):
    blocks = block([40, 45]), block([50], seeds=[7], name="more"), block([60], name="other", dataset="other")
    table = detection_table(*zip(*blocks, strict=True), DETECTION, DEFINING)
    own = table[table["own"]].drop_duplicates("dataset").set_index("dataset")
    assert own["n_runs"].to_dict() == {"small": 3, "other": 1} and own.loc["other", "epoch"] == 60
    assert own.loc["small", "epoch"] == 45 and np.isnan(own.loc["other", "ci_low"])


@pytest.mark.parametrize("turns", [[40, 45], [40], [40, None], [None]])
def test_the_figure_shows_what_there_is(block, turns):
    table = detection_table(*zip(block(turns), strict=True), DETECTION, DEFINING)
    content = figs3_detection.Content(about(small="Small", absent="Absent"), table)
    assert isinstance(figs3_detection.draw(content), Figure)
    (row,) = figs3_detection.caption(content)["datasets"]
    assert (row["n_inverted"], row["n_runs"]) == (sum(turn is not None for turn in turns), len(turns))


def test_without_reference_runs_there_is_a_table_and_a_figure_all_the_same():
    table = detection_table([], [], DETECTION, DEFINING)
    assert list(table) == list(columns.DETECTION) and table.empty
    content = figs3_detection.Content(about(small="Small"), table)
    assert isinstance(figs3_detection.draw(content), Figure)
    assert figs3_detection.caption(content)["datasets"] == []
