"""Runs as threads through parameters and metrics, and their curves on one grid."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.charts import compared_curves, threads_of
from projects.tracking.records import Run
from ui.charts import plotly, svg
from ui.charts.spec import BadSpec
from ui.charts.spec_runs import Curve, Curves, Parallel, Scale, Thread
from ui.charts.table import csv_text, table


def run(name: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> Run:
    return Run(name, name, "e", "FINISHED", None, None, params=params, metrics=metrics)


RUNS = [
    run("a", {"depth": "4", "kind": "tree", "seed": "1"}, {"recall": 0.6}),
    run("b", {"depth": "16", "kind": "forest", "seed": "1"}, {"recall": 0.9}),
    run("c", {"depth": "8", "seed": "1"}, {"recall": nan}),
]


def test_what_differs_is_a_scale_and_what_is_the_same_is_none() -> None:
    spec = threads_of(RUNS, ["recall"], ["b"])
    assert spec is not None
    assert [scale.name for scale in spec.scales] == ["depth", "kind", "recall"]
    assert spec.scales[1].words == ("forest", "tree")
    assert [thread.values for thread in spec.threads] == [(4, 1, 0.6), (16, 0, 0.9), (8, None, None)]
    assert [thread.chosen for thread in spec.threads] == [False, True, False]
    assert spec.ends(0) == (4, 16)
    assert spec.place(0, 8) == pytest.approx(1 / 3)
    assert table(spec).rows[2] == ("c", 8, None, None)
    assert "a,4.0,tree,0.6" in csv_text(spec)


@pytest.mark.parametrize(
    ("runs", "metrics"),
    [([], ["recall"]), (RUNS[:1], ["recall"]), (RUNS, []), (RUNS, ["unknown"]), (RUNS[1:], ["recall"])],
    ids=["no run", "one run", "no metric", "a metric nobody logged", "one figure only"],
)
def test_nothing_is_drawn_where_nothing_can_be_compared(runs: list[Run], metrics: list[str]) -> None:
    assert threads_of(runs, metrics) is None


def test_curves_are_compared_where_two_runs_have_them() -> None:
    first = {"loss": [(0, 1.0), (1, nan), (2, 0.5)], "own": [(0, 1.0), (1, 2.0)]}
    second = {"loss": [(0, 2.0), (5, 0.25)], "single": [(0, 1.0)]}
    (spec,) = compared_curves(["a", "b"], [first, second])
    assert spec.title == "loss: from 0.25 to 0.5 at the end"
    assert [curve.name for curve in spec.curves] == ["a", "b"]
    assert spec.note == "One value that is no finite number is left out."
    assert table(spec).rows == (("0", 1.0, 2.0), ("2", 0.5, None), ("5", None, 0.25))
    assert compared_curves(["a", "b"], [first, {"loss": [(0, inf), (1, nan)]}]) == []
    (same,) = compared_curves(["a", "b"], [first, {"loss": [(0, inf), (1, nan), (2, 9.0), (3, 0.5)]}])
    assert same.title == "loss: 0.5 at the end"
    assert same.note == "Three values that are no finite numbers are left out."


values = st.one_of(st.none(), st.floats(-1e300, 1e300, allow_nan=False))


@given(st.lists(st.tuples(st.text(max_size=30), values, values, values), min_size=2, max_size=8))
def test_whatever_was_logged_is_drawn_within_the_figure(rows: list[tuple[Any, ...]]) -> None:
    spec = Parallel(
        key="k",
        title="t",
        unit="u",
        scales=(Scale("one"), Scale("two"), Scale("three")),
        threads=tuple(Thread(name, tuple(found), chosen=not at) for at, (name, *found) in enumerate(rows)),
    )
    for at in range(3):
        known = [value for _, *found in rows if (value := found[at]) is not None]
        assert all(0 <= spec.place(at, value) <= 1 for value in known)
    made = svg.drawings(spec)
    assert "nan" not in made.wide + made.middle + made.narrow[0].svg
    assert len(plotly.figure(spec)["data"]) == len(rows)


@pytest.mark.parametrize(
    ("scales", "threads"),
    [
        ((Scale("a"),), (Thread("x", (1,)), Thread("y", (2,)))),
        ((Scale("a"), Scale("b")), (Thread("x", (1, 2)),)),
        ((Scale("a"), Scale("b")), (Thread("x", (1,)), Thread("y", (1, 2)))),
        ((Scale("a"), Scale("b")), (Thread("x", (1, nan)), Thread("y", (1, 2)))),
        ((Scale("a"), Scale("b", ("w",))), (Thread("x", (1, 0)), Thread("y", (1, 1)))),
    ],
)
def test_what_cannot_be_drawn_is_refused(scales: tuple[Scale, ...], threads: tuple[Thread, ...]) -> None:
    with pytest.raises(BadSpec):
        Parallel(key="k", title="t", unit="u", scales=scales, threads=threads)


@pytest.mark.parametrize("points", [(), ((0, nan),), ((2, 1.0), (1, 1.0))])
def test_a_curve_that_is_none_is_refused(points: tuple[tuple[int, float], ...]) -> None:
    with pytest.raises(BadSpec):
        Curves(key="k", title="t", unit="u", curves=(Curve("x", points),))
