"""The page's charts as Vega-Lite specifications. Their data are named, and come and go with what is chosen."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from ..figures.style import EPOCH, ERROR_STAR, OBSERVABLES, T_STAR, TRAIN_ERROR

HEIGHT = 260
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
"""Beside colours, for who does not see these."""
ERRORS = {"train_error": ("training", "#0072B2"), "test_error": ("test", "#D55E00")}
GEOMETRY_TITLE = "radii and distance (unit sphere)"
WRONG, RIGHT = "#D55E00", "#56B4E9"
AXIS = alt.Axis(format="~g", labelSeparation=6)


def charts(observables: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Place on the page -> chart; ``observables``: column -> symbol and colour of those to be drawn."""
    log = alt.Scale(type="log", nice=False)
    epoch = alt.X("epoch:Q", title=EPOCH, scale=log, axis=AXIS)
    error = alt.X("error:Q", title=TRAIN_ERROR, scale=alt.Scale(type="log", nice=False, reverse=True), axis=AXIS)
    geometry = observables or OBSERVABLES
    return {
        "geometry-epoch": lines(geometry, "epoch", epoch, GEOMETRY_TITLE, T_STAR),
        "geometry-error": lines(geometry, "error", error, GEOMETRY_TITLE, ERROR_STAR),
        "errors-epoch": lines(ERRORS, "epoch", epoch, "error", T_STAR, log=True),
        "errors-error": lines({"test_error": ERRORS["test_error"]}, "error", error, "test error", ERROR_STAR, log=True),
        "history-share": history_share(log),
        "history-runs": history_runs(log),
    }


def lines(
    columns: Mapping[str, tuple[str, str]], field: str, x: alt.X, title: str, star: str, log: bool = False
) -> dict[str, Any]:
    """A line a run and column of ``columns``, its symbol and colour, against ``field``; run ``seed`` stands out."""
    symbols, colors = zip(*columns.values(), strict=True)
    seed = alt.param(name="seed", value="")
    hover = alt.selection_point(
        name="hover", on="pointerover", clear="pointerout", nearest=True, fields=["run"], empty=False
    )
    # An error of 0 has no place on a logarithmic axis.
    positive = f"datum.{field} > 0" + (" && datum.value > 0" if log else "")
    base = (
        alt.Chart(alt.NamedData("rows"))
        .transform_filter(alt.FieldOneOfPredicate("name", [*symbols]))
        .transform_filter(positive)
        .encode(
            x,
            alt.Y(
                "value:Q",
                title=title,
                scale=alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False),
                axis=AXIS,
            ),
            alt.Color(
                "name:N",
                title=None,
                scale=alt.Scale(domain=[*symbols], range=[*colors]),
                legend=alt.Legend(symbolType="stroke", symbolOpacity=1),
            ),
        )
    )
    drawn = base.mark_line(strokeWidth=1.3).encode(
        alt.StrokeDash("name:N", title=None, scale=alt.Scale(domain=[*symbols], range=DASHES[: len(symbols)])),
        alt.Order("epoch:Q"),
        detail="run:N",
        opacity=standing_out(0.75),
    )
    points = base.mark_point(size=30, opacity=0).encode(
        tooltip=[
            alt.Tooltip("run:N"),
            alt.Tooltip("name:N", title="of"),
            alt.Tooltip("value:Q", format=".4~g"),
            alt.Tooltip("epoch:Q"),
            alt.Tooltip("error:Q", title=TRAIN_ERROR, format=".4~g"),
        ]
    )
    heading = alt.Title(f"dashed: {star} of each run", anchor="end", fontWeight="normal", fontSize=11)
    turns = (
        alt.Chart(alt.NamedData("stars"), title=heading)
        .transform_filter(f"datum.{field} > 0")
        .mark_rule(strokeDash=[4, 3], color="#888888")
        .encode(x, opacity=standing_out(0.35))
    )
    return finished(alt.layer(turns, drawn, points.add_params(hover)).add_params(seed))


def standing_out(opacity: float) -> Any:
    """That of all runs where none is singled out, else of the one that is."""
    return alt.condition("seed == '' || datum.run == seed", alt.value(opacity), alt.value(0.06))


def history_share(log: alt.Scale) -> dict[str, Any]:
    """Share of runs that get a sample wrong, against epoch."""
    chart = (
        alt.Chart(alt.NamedData("share"))
        .mark_line(interpolate="step-after", color=WRONG)
        .encode(
            alt.X("epoch:Q", title=None, scale=log, axis=alt.Axis(labels=False)),
            alt.Y("share:Q", title="share wrong", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="~g")),
            tooltip=["epoch:Q", alt.Tooltip("share:Q", format=".2~f")],
        )
    )
    return finished(chart, height=90)


def history_runs(log: alt.Scale) -> dict[str, Any]:
    """Whether each run gets a sample wrong, against epoch, and where the run has its inversion."""
    run = alt.Y("run:N", title=None, sort=None)
    x = alt.X("epoch:Q", title=EPOCH, scale=log, axis=AXIS)
    cells = (
        alt.Chart(alt.NamedData("history"))
        .mark_rect()
        .encode(
            x,
            alt.X2("until:Q"),
            run,
            alt.Color("state:N", title=None, scale=alt.Scale(domain=["wrong", "right"], range=[WRONG, RIGHT])),
            tooltip=["run:N", "epoch:Q", "state:N"],
        )
    )
    turns = (
        alt.Chart(alt.NamedData("turns"))
        .mark_tick(orient="vertical", thickness=2, color="#000000")
        .encode(x, run, tooltip=["run:N", alt.Tooltip("epoch:Q", title=T_STAR)])
    )
    return finished(alt.layer(cells, turns))


def finished(chart: alt.Chart | alt.LayerChart, height: int = HEIGHT) -> dict[str, Any]:
    """As wide as its place on the page, legend above."""
    sized = chart.properties(
        width="container", height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    chart = sized.configure_legend(orient="top", direction="horizontal", symbolStrokeWidth=2, symbolSize=300)
    return chart.to_dict()
