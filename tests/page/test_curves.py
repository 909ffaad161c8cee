import numpy as np
import pandas as pd
from conftest import ADDRESS

from workflow.stragglers.page.charts import charts
from workflow.stragglers.page.curves import (
    CELL,
    RUNS,
    choices,
    curve_epochs,
    last_epochs,
    observables,
    read_curves,
    removal_names,
)
from workflow.stragglers.spec.specification import Defining
from workflow.stragglers.support.sealed import write_table
from workflow.stragglers.tables.subject import Subject


def test_epochs_are_few_and_late_ones_have_a_test_error():
    epochs = curve_epochs([2000], 10)
    assert epochs[0] == 1 and epochs[-1] == 2000 and len(epochs) <= 60
    assert all(epoch % 10 == 0 for epoch in epochs if epoch >= 100)
    assert curve_epochs([1], 10) == [1]
    assert curve_epochs([2003], 10)[-1] == 2003
    assert {500, 2000} < {*curve_epochs([500, 2000], 7)}


def tables(folder, seeds=(0, 1), many=False):
    """Files of `dynamics` and `inversion`: seed 0 inverts, nothing and the stragglers were removed."""
    runs = pd.DataFrame(
        [(seed, removed) for removed in ("none", "stragglers") for seed in seeds], columns=["seed", "removed"]
    )
    runs = runs.assign(**ADDRESS, layer=1, draw=0, layer_name="1", run=0)
    dynamics = runs.merge(pd.DataFrame({"epoch": [1, 5, 10]}), how="cross")
    dynamics = dynamics.assign(train_error=0.123456, test_error=np.nan, R=0.5, D=1.0, R_minus=0.4, R_plus=0.6)
    if many:
        dynamics[["R_minus", "R_plus"]] = np.nan
    inversion = runs.merge(pd.DataFrame({"observable": ["R", "D"]}), how="cross").assign(class_a=None, class_b=None)
    inversion["found"] = inversion["seed"] == 0
    inversion["epoch"] = np.where(inversion["found"], 5.0, np.nan)
    inversion["train_error"] = np.where(inversion["found"], 0.1, np.nan)
    made = {"dynamics": dynamics, "inversion": inversion.astype({"class_a": "string"})}
    for name, table in made.items():
        table.to_parquet(folder / f"{name}.parquet")
    return {name: str(folder / f"{name}.parquet") for name in made}


def chosen(folder, epochs=(1, 10), **options):
    subject = Subject(Defining(), {}, 10, [["small"]], {"small": "Small"})
    curves = read_curves(tables(folder, **options), subject, [*epochs])
    return curves, choices(curves, [*epochs])


def test_a_choice_has_the_curves_of_its_runs(tmp_path):
    curves, (nothing, stragglers) = chosen(tmp_path)
    assert nothing["dataset"] == "small" and nothing["removed"] == "none" and stragglers["removed"] == "stragglers"
    first, second = nothing["runs"]
    assert first["run"] == "seed 0" and first["star"] == [5, 0.1] and second["star"] is None
    assert first["values"]["train_error"] == [0.1235, 0.1235] and first["values"]["test_error"] == [None, None]
    assert {"R_plus", "R_minus", "D"} < {*first["values"]} and "R" not in first["values"]
    assert removal_names(curves) == {"none": "nothing", "stragglers": "stragglers"}


def test_of_more_than_two_groups_the_mean_radius_is_drawn(tmp_path):
    _, (nothing, _) = chosen(tmp_path, many=True)
    assert [*observables([nothing])] == ["R", "D"]


def test_more_runs_than_can_be_told_apart_are_counted(tmp_path):
    _, (nothing, _) = chosen(tmp_path, seeds=range(RUNS + 3))
    assert len(nothing["runs"]) == RUNS and nothing["left_out"] == 3


def test_every_chart_takes_its_data_by_name():
    made = charts({})
    named = {place: {layer["data"]["name"] for layer in chart.get("layer", [chart])} for place, chart in made.items()}
    assert named["geometry-epoch"] == {"rows", "stars"} and named["history-runs"] == {"history", "turns"}
    assert all(
        "datasets" not in chart and "url" not in str(chart["layer" if "layer" in chart else "data"])
        for chart in made.values()
    )


def test_epochs_at_which_runs_end_are_known_from_their_table(tmp_path):
    lengths = {"a": 3, "b": 7}
    rows = [
        dict(zip(CELL, (name, "reference", "gd", "none"), strict=True)) | {"epoch": t}
        for name, n in lengths.items()
        for t in range(n + 1)
    ]
    write_table(pd.DataFrame(rows), tmp_path / "dynamics.parquet")
    assert last_epochs(tmp_path / "dynamics.parquet") == [3, 7]
