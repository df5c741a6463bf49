"""Drawings of a spec: a wide, a middle and a narrow one; style sheets show the one that fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui import words
from ui.charts import days, fields, gantt, lines, live, radar, rows, runs
from ui.charts.paper import on_paper
from ui.charts.spec import ChartSpec, DimensionRows, Gantt, Lines, Matrix, PillarRows, Radar, WeekBars
from ui.charts.spec_days import StateWeeks, Timeline
from ui.charts.spec_live import Series, Spread
from ui.charts.spec_runs import Curves, Parallel

_DRAWN: dict[type[ChartSpec], Callable[[Any, str, float, str], str]] = {
    StateWeeks: days.state_weeks,
    Timeline: days.timeline,
    Parallel: runs.parallel,
    Curves: runs.curves,
    Series: live.series,
    Spread: live.spread,
}
WIDTHS = {12: 1200.0, 9: 894.0, 8: 792.0, 6: 588.0}
MIDDLE, NARROW = 632.0, 350.0
# As wide as pdf.css draws it: a wheel over the whole width of a page would leave no room for anything else.
PAPER_RADAR = 480.0


@dataclass(frozen=True)
class Part:
    """One piece of a narrow drawing. ``summary`` and ``note`` head it where it can be closed."""

    svg: str
    summary: str = ""
    note: str = ""
    code: str = ""


@dataclass(frozen=True)
class Drawings:
    """The drawings of one figure. ``middle`` is also the one that reports print."""

    wide: str
    middle: str
    narrow: tuple[Part, ...]


def drawings(spec: ChartSpec) -> Drawings:
    """All drawings of a spec. Ids inside begin with its key, so that they are unique on a page."""
    width = WIDTHS[spec.span]
    wide = _draw(spec, f"{spec.key}-w", width, "chart-wide")
    middle = _draw(spec, f"{spec.key}-m", MIDDLE, "chart-middle")
    return Drawings(wide=wide, middle=middle, narrow=_narrow(spec))


def printed(spec: ChartSpec) -> str:
    """The one drawing that a report shows."""
    uid, cls = f"{spec.key}-p", "chart-print"
    if isinstance(spec, Gantt):
        return on_paper(gantt.wide(spec, uid, MIDDLE, cls, paper=True))
    if isinstance(spec, Radar):
        return on_paper(radar.radar(spec, uid, PAPER_RADAR, f"{cls} chart-print-radar", names=True))
    return on_paper(_draw(spec, uid, MIDDLE, cls))


def _draw(spec: ChartSpec, uid: str, width: float, cls: str) -> str:
    if isinstance(spec, PillarRows):
        return rows.pillar_wide(spec, uid, width, cls)
    if isinstance(spec, DimensionRows):
        return rows.dimension_wide(spec, uid, width, cls)
    if isinstance(spec, Radar):
        return radar.radar(spec, uid, min(width, 588), cls, names=True)
    if isinstance(spec, Gantt):
        return gantt.wide(spec, uid, width, cls)
    if isinstance(spec, Matrix):
        return fields.matrix(spec, uid, width, cls, listed=False)
    if isinstance(spec, WeekBars):
        return fields.week_bars(spec, uid, width, cls)
    if isinstance(spec, Lines):
        return lines.lines(spec, uid, width, cls)
    if type(spec) in _DRAWN:
        return _DRAWN[type(spec)](spec, uid, width, cls)
    raise TypeError(f"no drawing for {type(spec).__name__}")


def _narrow(spec: ChartSpec) -> tuple[Part, ...]:
    uid, cls = f"{spec.key}-n", "chart-narrow"
    if isinstance(spec, PillarRows):
        return (Part(rows.pillar_narrow(spec, uid, NARROW, cls)),)
    if isinstance(spec, DimensionRows):
        return tuple(_dimension_parts(spec, uid, cls))
    if isinstance(spec, Radar):
        return (Part(radar.radar(spec, uid, NARROW, cls, names=False)),)
    if isinstance(spec, Gantt):
        return (Part(gantt.narrow(spec, uid, NARROW, cls)),)
    if isinstance(spec, Matrix):
        return (Part(fields.matrix(spec, uid, NARROW, cls, listed=True)),)
    return (Part(_draw(spec, uid, NARROW, cls)),)


def _dimension_parts(spec: DimensionRows, uid: str, cls: str) -> list[Part]:
    parts = []
    for index, group in enumerate(spec.groups):
        svg = rows.dimension_narrow(spec, group, f"{uid}{index}", NARROW, cls)
        known = [row.score for row in group.rows if row.score is not None]
        note = words.plural(len(group.rows), "dimension", "dimensions")
        if known:
            note += f", {rows.points(min(known))} to {rows.points(max(known))}"
        parts.append(Part(svg, group.name, note if group.name else "", group.code))
    return parts
