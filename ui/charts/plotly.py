"""The same numbers for Plotly, as plain data: hover and zoom on the page, loaded when somebody asks for it.

Colors are names of tokens ("accent", "pillar-s"); the page puts in the values of its theme.
"""

from __future__ import annotations

from typing import Any

from ui.charts.spec import (
    ChartSpec,
    DimensionRows,
    Gantt,
    GanttItem,
    Lines,
    Matrix,
    Number,
    PillarRows,
    Radar,
    Scored,
    WeekBars,
)
from ui.charts.spec_days import StateWeeks, Timeline
from ui.charts.spec_live import Series, Spread
from ui.charts.spec_runs import Curves, Parallel

Trace = dict[str, Any]
TRACE_TYPES = ("scatter", "bar", "heatmap", "scatterpolar")


def figure(spec: ChartSpec) -> dict[str, Any]:
    """``{"data", "layout", "label"}`` with JSON values only; trace types are those of the vendored bundle."""
    if isinstance(spec, PillarRows):
        return _figure(
            spec, _scored(spec.rows, spec.target_label, spec.earlier_label), _score_axis(len(spec.rows))
        )
    if isinstance(spec, DimensionRows):
        return _dimensions(spec)
    if isinstance(spec, Radar):
        return _radar(spec)
    if isinstance(spec, Gantt):
        return _gantt(spec)
    if isinstance(spec, Matrix):
        return _matrix(spec)
    if isinstance(spec, WeekBars):
        return _week_bars(spec)
    if isinstance(spec, Lines):
        trace = {"type": "scatter", "mode": "lines", "name": spec.value_name, "line": {"color": "accent"}}
        steps, values = [step for step, _ in spec.points], [value for _, value in spec.points]
        return _figure(spec, [{**trace, "x": steps, "y": values}], {"height": 300})
    if isinstance(spec, StateWeeks):
        return _state_weeks(spec)
    if isinstance(spec, Timeline):
        return _timeline(spec)
    return _figure_of_runs(spec)


def _figure_of_runs(spec: ChartSpec) -> dict[str, Any]:
    if isinstance(spec, Parallel):
        return _parallel(spec)
    if isinstance(spec, Curves):
        return _curves(spec)
    if isinstance(spec, Series):
        return _series(spec)
    if isinstance(spec, Spread):
        return _spread(spec)
    raise TypeError(f"no interactive figure for {type(spec).__name__}")


def _figure(spec: ChartSpec, data: list[Trace], layout: dict[str, Any]) -> dict[str, Any]:
    base = {
        # Room for the tools above and the names of the traces below.
        "margin": {"t": 44, "r": 20, "b": 68, "l": 60},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "hovermode": "closest",
        "showlegend": len(data) > 1,
    }
    return {"data": data, "layout": {**base, **layout}, "label": spec.title}


def _score_axis(rows: int) -> dict[str, Any]:
    return {
        "xaxis": {"range": [0, 100], "zeroline": False},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "height": 140 + 28 * max(rows, 1),
    }


def _label(row: Scored) -> str:
    return row.name if len(row.code) == 1 else f"{row.code} {row.name}"


def _scored(rows: tuple[Scored, ...], target: str, earlier: str) -> list[Trace]:
    names = [_label(row) for row in rows]
    colors = [f"pillar-{row.code[0].lower()}" for row in rows]

    def above(row: Scored) -> Number:
        return None if row.high is None or row.score is None else row.high - row.score

    def below(row: Scored) -> Number:
        return None if row.low is None or row.score is None else row.score - row.low

    def points(name: str, values: list[Number], symbol: str, color: str | list[str]) -> Trace:
        marker = {"symbol": symbol, "color": color, "size": 11}
        return {"type": "scatter", "mode": "markers", "name": name, "x": values, "y": names, "marker": marker}

    score = points("Score", [row.score for row in rows], "circle", colors)
    score["error_x"] = {
        "type": "data",
        "symmetric": False,
        "array": [above(row) for row in rows],
        "arrayminus": [below(row) for row in rows],
        "thickness": 7,
        "color": "h2",
        "width": 0,
    }
    traces = [score]
    if any(row.target is not None for row in rows):
        traces.append(points(target, [row.target for row in rows], "line-ns-open", "ink"))
    if any(row.earlier is not None for row in rows):
        traces.append(points(earlier, [row.earlier for row in rows], "circle-open", "ink3"))
    return traces


def _dimensions(spec: DimensionRows) -> dict[str, Any]:
    rows = spec.rows
    traces = _scored(rows, spec.target_label, spec.earlier_label)
    layout = _score_axis(len(rows))
    if spec.functions:
        traces.append(
            {
                "type": "heatmap",
                "x": list(spec.functions),
                "y": [_label(row) for row in rows],
                "z": [list(row.cells) for row in rows],
                "xaxis": "x2",
                # With gaps each cell is drawn by itself; else Plotly sets a style that the policy refuses.
                "xgap": 2,
                "ygap": 2,
                "zmin": 0,
                "zmax": 100,
                "colorscale": [[step / 4, f"h{step}"] for step in range(5)],
                "showscale": False,
                "texttemplate": "%{z:.0f}",
                "name": "By function",
            }
        )
        layout["xaxis"] = {**layout["xaxis"], "domain": [0, 0.42]}
        layout["xaxis2"] = {"domain": [0.46, 1], "automargin": True, "side": "top"}
    return _figure(spec, traces, layout)


def _radar(spec: Radar) -> dict[str, Any]:
    codes = [f"{axis.code} {axis.name}" for axis in spec.axes]

    def ring(name: str, values: list[Number], color: str, dash: str) -> Trace:
        closed = slice(0, 1)
        return {
            "type": "scatterpolar",
            "mode": "lines+markers" if dash == "solid" else "lines",
            "name": name,
            "r": values + values[closed],
            "theta": codes + codes[closed],
            "line": {"color": color, "dash": dash},
        }

    traces = [ring(spec.value_label, [axis.value for axis in spec.axes], "accent", "solid")]
    if any(axis.target is not None for axis in spec.axes):
        traces.append(ring(spec.target_label, [axis.target for axis in spec.axes], "ink", "dash"))
    polar = {"radialaxis": {"range": [0, 100]}, "angularaxis": {"direction": "clockwise", "rotation": 90}}
    return _figure(spec, traces, {"polar": polar, "height": 560})


_GANTT_COLORS = {"done": "ink2", "running": "ink", "planned": "h2", "late": "bad"}


def _gantt(spec: Gantt) -> dict[str, Any]:
    traces: list[Trace] = []
    for state, color in _GANTT_COLORS.items():
        items = [item for item in spec.items if item.state == state]
        if items:
            traces.append(_bars_of(items, state, color))
    marks = [(spec.today, "accent"), (spec.mark[0] if spec.mark else None, "ink")]
    shapes = [
        {"type": "line", "x0": day.isoformat(), "x1": day.isoformat(), "yref": "paper", "y0": 0, "y1": 1}
        | {"line": {"color": color, "dash": "solid" if color == "accent" else "dash"}}
        for day, color in marks
        if day
    ]
    layout: dict[str, Any] = {
        "barmode": "overlay",
        "bargap": 0.5,
        "xaxis": {"type": "date", "range": [spec.start.isoformat(), spec.end.isoformat()]},
        "yaxis": {
            "autorange": "reversed",
            "automargin": True,
            "categoryorder": "array",
            "categoryarray": [item.name for item in spec.items],
        },
        "height": 120 + 28 * len(spec.items),
        "shapes": shapes,
    }
    return _figure(spec, traces, layout)


def _bars_of(items: list[GanttItem], state: str, color: str) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "name": state,
        "y": [item.name for item in items],
        "base": [item.start.isoformat() for item in items],
        # A date axis measures lengths in milliseconds.
        "x": [(item.end - item.start).days * 86_400_000 for item in items],
        "customdata": [[item.start.isoformat(), item.end.isoformat()] for item in items],
        "hovertemplate": "%{y}<br>%{customdata[0]} to %{customdata[1]}<extra></extra>",
        "marker": {"color": color},
    }


def _matrix(spec: Matrix) -> dict[str, Any]:
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [point.x for point in spec.points],
        "y": [point.y for point in spec.points],
        "text": [point.name for point in spec.points],
        "textposition": "top center",
        "marker": {"size": 12, "color": ["accent" if point.chosen else "ink" for point in spec.points]},
    }
    return _figure(
        spec,
        [trace],
        {
            "xaxis": {"range": [0, spec.top], "title": {"text": spec.x_name}},
            "yaxis": {"range": [0, spec.top], "title": {"text": spec.y_name}},
            "height": 520,
        },
    )


def _week_bars(spec: WeekBars) -> dict[str, Any]:
    weeks = [spec.week(index).isoformat() for index in range(len(spec.values))]
    traces: list[Trace] = [
        {
            "type": "bar",
            "name": spec.value_name,
            "x": weeks,
            "y": list(spec.values),
            "marker": {"color": ["ink" if spec.is_full(value) else "h2" for value in spec.values]},
        }
    ]
    if spec.capacity is not None:
        line = {"color": "ink", "dash": "dash"}
        name = spec.capacity_label or "Capacity"
        traces.append(
            {"type": "scatter", "mode": "lines", "name": name, "x": weeks}
            | {"y": [spec.capacity] * len(weeks), "line": line}
        )
    return _figure(spec, traces, {"height": 320, "yaxis": {"rangemode": "tozero"}})


_SYMBOLS = {
    "good": "circle",
    "watch": "triangle-up",
    "bad": "diamond",
    "missing": "circle-open",
    "rest": "line-ew-open",
}
_COLORS = {"good": "good", "watch": "warn", "bad": "bad", "missing": "ink3", "rest": "ink3"}


def _points(name: str, x: list[str], y: list[str], symbol: str, color: str) -> Trace:
    marker = {"symbol": symbol, "color": color, "size": 11}
    return {"type": "scatter", "mode": "markers", "name": name, "x": x, "y": y, "marker": marker}


def _state_weeks(spec: StateWeeks) -> dict[str, Any]:
    traces = []
    for state in spec.lanes:
        weeks = [week.isoformat() for week, here in spec.weeks if here == state]
        if weeks:
            word = spec.word(state)
            traces.append(_points(word, weeks, [word] * len(weeks), _SYMBOLS[state], _COLORS[state]))
    lanes = {
        "categoryorder": "array",
        "categoryarray": [spec.word(state) for state in reversed(spec.lanes)],
        "automargin": True,
    }
    return _figure(spec, traces, {"height": 280, "xaxis": {"type": "date"}, "yaxis": lanes})


def _timeline(spec: Timeline) -> dict[str, Any]:
    traces = []
    for state, symbol, color in (
        ("open", "circle-open", "ink"),
        ("late", "diamond", "bad"),
        ("done", "circle", "good"),
    ):
        marks = [mark for mark in spec.marks if mark.state(spec.today) == state]
        if marks:
            days = [(mark.done or mark.due).isoformat() for mark in marks]
            traces.append(_points(state, days, [mark.name for mark in marks], symbol, color))
    names = {"autorange": "reversed", "automargin": True}
    return _figure(
        spec, traces, {"height": 140 + 28 * len(spec.marks), "xaxis": {"type": "date"}, "yaxis": names}
    )


def _parallel(spec: Parallel) -> dict[str, Any]:
    """Threads as lines over the scales: the vendored bundle has no parallel coordinates of its own."""
    names = [scale.name for scale in spec.scales]
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": thread.name,
            "x": [None if value is None else spec.place(at, value) for at, value in enumerate(thread.values)],
            "y": names,
            "customdata": [spec.said(at, value) for at, value in enumerate(thread.values)],
            "hovertemplate": "%{y}: %{customdata}",
            "line": {"color": "accent" if thread.chosen else "h2"},
        }
        for thread in spec.threads
    ]
    scales = {"autorange": "reversed", "automargin": True}
    layout = {"height": 120 + 56 * len(names), "xaxis": {"visible": False}, "yaxis": scales}
    return _figure(spec, traces, {**layout, "showlegend": False})


_DASHES = ("solid", "solid", "dash", "dot", "dashdot")


def _curves(spec: Curves) -> dict[str, Any]:
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": curve.name,
            "x": [step for step, _ in curve.points],
            "y": [value for _, value in curve.points],
            "line": {"color": "accent" if at == 0 else "ink", "dash": dash},
        }
        for at, (curve, dash) in enumerate(zip(spec.curves, _DASHES, strict=False))
    ]
    return _figure(spec, traces, {"height": 340})


def _series(spec: Series) -> dict[str, Any]:
    moments = [at.isoformat() for at, _ in spec.points]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": spec.value_name,
            "x": moments,
            "y": [value for _, value in spec.points],
            "line": {"color": "ink"},
        }
    ]
    if spec.limit is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": spec.limit_label or "Limit",
                "x": [moments[0], moments[-1]],
                "y": [spec.limit, spec.limit],
                "line": {"color": "ink", "dash": "dash"},
            }
        )
    return _figure(spec, traces, {"height": 340})


def _spread(spec: Spread) -> dict[str, Any]:
    names = [share.name for share in spec.shares]
    traces: list[Trace] = [
        {
            "type": "bar",
            "name": spec.now_label,
            "x": names,
            "y": [share.now for share in spec.shares],
            "marker": {"color": "accent"},
        }
    ]
    if spec.has_then:
        traces.append(
            {
                "type": "bar",
                "name": spec.then_label,
                "x": names,
                "y": [share.then for share in spec.shares],
                "marker": {"color": "ink"},
            }
        )
    return _figure(spec, traces, {"height": 340, "xaxis": {"type": "category"}})
