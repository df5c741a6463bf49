"""States by week in four lanes, and days on which something is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ui import formats, words
from ui.charts.canvas import Canvas, fitted, num, text_width
from ui.charts.spec_days import DueMark, StateWeeks, Timeline

LANE, LANES_TOP, NARROW = 30.0, 8.0, 400.0
# A narrow drawing shows the last half year; the table has all.
NARROW_WEEKS = 26
ROW, MOST_ROWS = 28.0, 40
MONTH_ROOM = 46.0


def state_weeks(spec: StateWeeks, uid: str, width: float, cls: str) -> str:
    """One lane a state and one mark a week, so that neither color nor shape alone has to say it."""
    canvas = Canvas(uid, width)
    weeks = spec.weeks[-NARROW_WEEKS:] if width < NARROW else spec.weeks
    lanes = spec.lanes
    left = max(text_width(spec.word(state), 14) for state in lanes) + 16
    step = (width - left - 8) / len(weeks)
    size = min(6.5, max(step / 2 - 0.5, 1.5))
    for lane, state in enumerate(lanes):
        y = LANES_TOP + LANE * lane + LANE / 2
        canvas.text(0, y + 5, spec.word(state), "c-name")
        canvas.line(left, y, width, y, "c-grid")
    for index, (_, state) in enumerate(weeks):
        y = LANES_TOP + LANE * lanes.index(state) + LANE / 2
        _mark(canvas, left + step * (index + 0.5), y, size, state)
    bottom = LANES_TOP + LANE * len(lanes)
    _months(canvas, [week for week, _ in weeks], left, step, bottom + 16)
    return canvas.markup(bottom + 24, spec.title, cls)


def _mark(canvas: Canvas, x: float, y: float, size: float, state: str) -> None:
    if state == "good":
        canvas.circle(x, y, size, "c-good")
    elif state == "watch":
        top, low = num(y - size), num(y + size)
        canvas.path(f"M{num(x)} {top}L{num(x + size)} {low}H{num(x - size)}Z", "c-watch")
    elif state == "bad":
        sides = f"L{num(x + size)} {num(y)}L{num(x)} {num(y + size)}L{num(x - size)} {num(y)}Z"
        canvas.path(f"M{num(x)} {num(y - size)}{sides}", "c-bad")
    elif state == "rest":
        canvas.line(x - size, y, x + size, y, "c-ring")
    else:
        canvas.circle(x, y, size * 0.8, "c-ring")


def _months(canvas: Canvas, mondays: list[date], left: float, step: float, y: float) -> None:
    """The day of the first week, then each month where its name has room."""
    canvas.text(left, y, formats.day(mondays[0], year=False), "c-axis")
    last = left + 20
    for index, monday in enumerate(mondays):
        x = left + step * index
        if monday.day <= 7 and x - last > MONTH_ROOM and x + 40 < canvas.width:
            canvas.text(x, y, _month(monday), "c-axis")
            last = x


def _month(day: date) -> str:
    return formats.MONTHS[day.month - 1] + (f" {day.year % 100:02d}" if day.month == 1 else "")


@dataclass(frozen=True)
class _Scale:
    """Where a day lies between the first and the last."""

    spec: Timeline
    left: float
    right: float

    def at(self, day: date) -> float:
        whole = (self.spec.last - self.spec.first).days
        return self.left + (self.right - self.left) * (day - self.spec.first).days / whole


def timeline(spec: Timeline, uid: str, width: float, cls: str) -> str:
    """Names at the left, or above their row on a narrow drawing; today as a line through all rows."""
    canvas = Canvas(uid, width)
    narrow = width < NARROW
    marks = sorted(spec.marks, key=lambda mark: (mark.due, mark.name))[:MOST_ROWS]
    scale = _Scale(spec, 8.0 if narrow else width * 0.42, width - (84 if not narrow else 8))
    step, top = (ROW * 1.7 if narrow else ROW), 26.0
    bottom = top + step * len(marks)
    x = scale.at(spec.today)
    canvas.line(x, top - 6, x, top if narrow else bottom, "c-today")
    half = text_width("Today", 13) / 2
    canvas.text(min(max(x, half), width - half), 14, "Today", "c-now", "middle")
    for index, mark in enumerate(marks):
        y = top + step * index + step - ROW / 2
        if narrow:
            # Between the names above their rows, so that no name is crossed out.
            canvas.line(x, y - 8, x, y + 10, "c-today")
            canvas.text(0, y - 14, fitted(mark.name, width - 8, 14), "c-name")
        else:
            canvas.text(0, y + 5, fitted(mark.name, scale.left - 20, 14), "c-name")
        canvas.line(scale.left, y, scale.right, y, "c-grid")
        _due(canvas, scale, mark, y, words_at=None if narrow else width)
    _axis(canvas, scale, bottom + 16)
    return canvas.markup(bottom + 24, spec.title, cls)


def _due(canvas: Canvas, scale: _Scale, mark: DueMark, y: float, *, words_at: float | None) -> None:
    """A ring where it is due; filled where it was there; a line for the days between."""
    today = scale.spec.today
    state, due = mark.state(today), scale.at(mark.due)
    end = mark.done or (today if state == "late" else mark.due)
    if end != mark.due:
        canvas.line(due, y, scale.at(end), y, "c-rule")
    if state == "late":
        canvas.circle(due, y, 5.5, "c-bad")
    else:
        canvas.circle(due, y, 5, "c-outline")
    if mark.done is not None:
        canvas.circle(scale.at(mark.done), y, 5.5, "c-good")
    if words_at is not None:
        said = f"{words.plural((today - mark.due).days, 'day', 'days')} late" if state == "late" else ""
        canvas.text(
            words_at,
            y + 5,
            said or formats.day(mark.done or mark.due, year=False),
            "c-late-words" if said else "c-axis",
            "end",
        )


def _axis(canvas: Canvas, scale: _Scale, y: float) -> None:
    spec = scale.spec
    canvas.text(scale.left, y, formats.day(spec.first, year=False), "c-axis")
    last = scale.left + 20
    year, month = spec.first.year, spec.first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = date(year, month, 1)
        x = scale.at(first)
        if first > spec.last or x + 40 > canvas.width:
            return
        if x - last > MONTH_ROOM:
            canvas.text(x, y, _month(first), "c-axis")
            last = x
