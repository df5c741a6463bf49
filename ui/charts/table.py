"""The numbers of a figure as a table, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from ui import formats
from ui.charts.gantt import state_words
from ui.charts.rows import points
from ui.charts.spec import ChartSpec, DimensionRows, Gantt, Lines, Matrix, Number, PillarRows, Radar, WeekBars
from ui.charts.spec_days import StateWeeks, Timeline
from ui.charts.spec_live import Series, Spread
from ui.charts.spec_runs import Curves, Parallel

Value = str | float | None
Line = tuple[Value, ...]


# What these show is no score.
_FIGURES = (Lines, Curves, Parallel, Series, Spread)


@dataclass(frozen=True)
class Table:
    """Heads and rows; the first column names the row. None is not known, not asked or hidden.

    `digits`: how many digits of a figure are shown, where it is no score; 0 for scores.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Line, ...]
    digits: int = 0

    def shown(self) -> list[list[tuple[str, str, bool]]]:
        """The rows as people read them: of each cell its head, its words, and whether it is a number."""
        return [
            [
                (head, _shown(value, self.digits), not isinstance(value, str))
                for head, value in zip(self.heads, row, strict=True)
            ]
            for row in self.rows
        ]


def table(spec: ChartSpec) -> Table:
    """The same numbers that the drawings show, unrounded."""
    heads, lines = _lines(spec)
    return Table(spec.title, heads, tuple(lines), digits=6 if isinstance(spec, _FIGURES) else 0)


def csv_text(spec: ChartSpec) -> str:
    """The table as CSV (RFC 4180); a text that a spreadsheet would take for a formula is defused."""
    out = io.StringIO()
    writer = csv.writer(out)
    made = table(spec)
    for row in (made.heads, *made.rows):
        writer.writerow([_defused(value) if isinstance(value, str) else value for value in row])
    return out.getvalue()


def _defused(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _shown(value: Value, digits: int) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if digits:
        return f"{value:.{digits}g}"
    whole = formats.rounded(value)
    return points(value) if abs(float(whole) - value) < 1e-9 or value >= 10 else formats.number(value, 1)


def _lines(spec: ChartSpec) -> tuple[tuple[str, ...], Iterable[Line]]:
    if isinstance(spec, PillarRows):
        return _pillars(spec)
    if isinstance(spec, DimensionRows):
        return _dimensions(spec)
    if isinstance(spec, Radar):
        heads = ("Dimension", "Name", spec.value_label, spec.target_label)
        return heads, [(axis.code, axis.name, axis.value, axis.target) for axis in spec.axes]
    if isinstance(spec, Gantt):
        return _gantt(spec)
    if isinstance(spec, Matrix):
        heads = ("Use case", spec.y_name, spec.x_name, "Note")
        return heads, [(point.name, point.y, point.x, point.note) for point in spec.points]
    if isinstance(spec, WeekBars):
        heads = ("Week of", spec.value_name, "Capacity", "Full")
        return heads, [
            (spec.week(index).isoformat(), value, spec.capacity, "yes" if spec.is_full(value) else "")
            for index, value in enumerate(spec.values)
        ]
    if isinstance(spec, Lines):
        return (spec.x_name, spec.value_name), [(str(step), value) for step, value in spec.points]
    if isinstance(spec, StateWeeks):
        return ("Week of", "State"), [(week.isoformat(), spec.word(state)) for week, state in spec.weeks]
    if isinstance(spec, Timeline):
        return ("What", "Due", "Done", "State"), [
            (
                mark.name,
                mark.due.isoformat(),
                mark.done.isoformat() if mark.done else "",
                mark.state(spec.today),
            )
            for mark in spec.marks
        ]
    return _lines_of_runs(spec)


def _lines_of_runs(spec: ChartSpec) -> tuple[tuple[str, ...], Iterable[Line]]:
    if isinstance(spec, Parallel):
        return (spec.name, *(scale.name for scale in spec.scales)), [
            (thread.name, *(spec.said(at, value) for at, value in enumerate(thread.values)))
            for thread in spec.threads
        ]
    if isinstance(spec, Curves):
        return _curves(spec)
    if isinstance(spec, Series):
        return ("From", spec.value_name, spec.limit_label or "Limit"), [
            (f"{at:%Y-%m-%d %H:%M}", value, spec.limit) for at, value in spec.points
        ]
    if isinstance(spec, Spread):
        return ("Value", f"{spec.now_label}, %", f"{spec.then_label}, %"), [
            (share.name, share.now, share.then) for share in spec.shares
        ]
    raise TypeError(f"no table for {type(spec).__name__}")


def _scores(score: Number, low: Number, high: Number, earlier: Number, target: Number) -> Line:
    return (score, low, high, earlier, target)


def _pillars(spec: PillarRows) -> tuple[tuple[str, ...], list[Line]]:
    heads = ("Pillar", "Score", "Low", "High", spec.earlier_label, spec.target_label, *spec.extra_heads)
    blank = ("",) * len(spec.extra_heads)
    return heads, [
        (
            row.name,
            *_scores(row.score, row.low, row.high, row.earlier, row.target),
            *(row.extras or blank),
        )
        for row in spec.rows
    ]


def _dimensions(spec: DimensionRows) -> tuple[tuple[str, ...], list[Line]]:
    last = ("Gap",) if spec.functions else ("Short by",)
    scores = ("Score", "Low", "High", spec.earlier_label, spec.target_label)
    heads = ("Dimension", "Name", *scores, *spec.functions, *last)
    return heads, [
        (
            row.code,
            row.name,
            *_scores(row.score, row.low, row.high, row.earlier, row.target),
            *row.cells,
            row.gap if spec.functions else row.short_by,
        )
        for row in spec.rows
    ]


def _gantt(spec: Gantt) -> tuple[tuple[str, ...], list[Line]]:
    heads = ("Initiative", "Phase", "Dimension", "Start", "End", "State", "Closes gate", "Decision")
    return heads, [
        (
            item.name,
            group.name,
            item.code,
            item.start.isoformat(),
            item.end.isoformat(),
            state_words(item),
            item.gate,
            "POC is decided" if item.decides else "",
        )
        for group in spec.groups
        for item in group.items
    ]


def _curves(spec: Curves) -> tuple[tuple[str, ...], list[Line]]:
    columns = [dict(curve.points) for curve in spec.curves]
    steps = sorted({step for column in columns for step in column})
    heads = (spec.x_name, *(curve.name for curve in spec.curves))
    return heads, [(str(step), *(column.get(step) for column in columns)) for step in steps]
