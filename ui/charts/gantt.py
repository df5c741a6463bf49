"""A plan in weeks: bars by phase, gates as diamonds, POC decisions as flags, today and the promised day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ui import formats, words
from ui.charts.canvas import Canvas, num, text_width, wrapped
from ui.charts.spec import Gantt, GanttItem

# A further line of a name, the room for a code before it, and the most lines that a name may take.
MORE, CODE_ROOM, MOST_LINES = 16.0, 36.0, 4
NAME = 14.0
# On paper names have 12.5 px in the regular weight, as wide as 12 px in the weight that is measured.
PAPER_NAME, PAPER_ROW, PAPER_MORE, PAPER_SHARE = 12.0, 23.0, 15.0, 0.54
_KEY = (("done", "done"), ("running", "running"), ("planned", "planned"), ("late", "late"))


@dataclass(frozen=True)
class Scale:
    """Where days lie."""

    start: date
    days: int
    left: float
    width: float

    def at(self, day: date) -> float:
        """The pixel of the morning of a day, kept inside the weeks drawn."""
        share = (day - self.start).days / self.days
        return self.left + self.width * min(max(share, 0), 1)


def months(spec: Gantt) -> list[date]:
    """The first of each month inside the weeks drawn."""
    year, month = spec.start.year, spec.start.month
    found: list[date] = []
    while True:
        first = date(year, month, 1)
        if first >= spec.end:
            return found
        if first >= spec.start:
            found.append(first)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def paper_height(item: GanttItem, width: float) -> float:
    """The height of an item's row in a report of this width, so that a plan can be parted into pages."""
    more = len(_name_lines(item, width * PAPER_SHARE - 12, PAPER_NAME)) - 1
    return PAPER_ROW + PAPER_MORE * more


def wide(spec: Gantt, uid: str, width: float, cls: str, *, paper: bool = False) -> str:
    """Names at the left, bars at the right; on paper the names have the size of a table's text."""
    canvas = Canvas(uid, width)
    size = PAPER_NAME if paper else NAME
    longest = max([text_width(item.name, size) for item in spec.items] + [120])
    share = PAPER_SHARE if paper else 0.44 if width > 700 else 0.5
    left = min(longest + 50, width * share)
    scale = Scale(spec.start, spec.weeks * 7, left, width - left - 10)
    step, pitch = (PAPER_ROW, PAPER_MORE) if paper else (30.0 if width > 700 else 26.0, MORE)
    y = top = _heads(canvas, spec, scale)
    lines = {id(item): _name_lines(item, left - 12, size) for item in spec.items}
    body = sum(step + pitch * (len(told) - 1) for told in lines.values()) + 34 * len(spec.groups)
    _month_lines(canvas, spec, scale, top - 16, top + body)
    for group in spec.groups:
        canvas.text(0, y + 20, group.name, "c-group")
        canvas.line(0, y + 30, width, y + 30, "c-rule")
        y += 34
        for item in group.items:
            told = lines[id(item)]
            high = step + pitch * (len(told) - 1)
            if item.chosen:
                canvas.rect(-6, y - 2, width + 6, high, "c-chosen")
                canvas.rect(-6, y - 2, 3, high, "c-accent")
            _name(canvas, item, y + step / 2 + 3, told, "c-plain" if paper else "c-name", pitch)
            _bar(canvas, spec, scale, item, y + high / 2 - 2, words_at_bar=True)
            canvas.line(0, y + high - 2, width, y + high - 2, "c-grid")
            y += high
    _upright(canvas, spec, scale, top - 16, y + 4, labels_at=y + 20)
    return canvas.markup(y + 28, spec.title, cls)


def narrow(spec: Gantt, uid: str, width: float, cls: str) -> str:
    """Name above its bar, its state in words at the right, today in each row."""
    canvas = Canvas(uid, width)
    scale = Scale(spec.start, spec.weeks * 7, 2, width - 14)
    y = _heads(canvas, spec, scale)
    rows: list[float] = []
    for group in spec.groups:
        canvas.text(0, y + 22, group.name, "c-group")
        canvas.line(0, y + 32, width, y + 32, "c-rule")
        y += 36
        for item in group.items:
            state = state_words(item)
            told = _name_lines(item, width - text_width(state, 12.5) - 12, NAME)
            more = MORE * (len(told) - 1)
            if item.chosen:
                canvas.rect(-6, y - 2, width + 12, 50 + more, "c-chosen")
                canvas.rect(-6, y - 2, 3, 50 + more, "c-accent")
            _name(canvas, item, y + 17, told, "c-name", MORE)
            canvas.text(width, y + 17, state, "c-late-words" if item.state == "late" else "c-axis", "end")
            rows.append(y + 24 + more)
            _bar(canvas, spec, scale, item, y + 34 + more, words_at_bar=False)
            canvas.line(0, y + 48 + more, width, y + 48 + more, "c-grid")
            y += 50 + more
    for row in rows:
        _upright(canvas, spec, scale, row, row + 20, labels_at=None)
    _upright(canvas, spec, scale, y, y + 4, labels_at=y + 20)
    return canvas.markup(y + 28, spec.title, cls)


def state_words(item: GanttItem) -> str:
    """ "done", "running", "12 days late", or "from 30 Nov"."""
    if item.state == "late":
        return f"{words.plural(item.days_late, 'day', 'days')} late"
    return f"from {formats.day(item.start, year=False)}" if item.state == "planned" else item.state


def _heads(canvas: Canvas, spec: Gantt, scale: Scale) -> float:
    """The key, then the months; returns where the rows begin."""
    x, y = 0.0, 12.0
    shown = {item.state for item in spec.items}
    for state, label in _KEY:
        if state in shown:
            x, y = _key_room(canvas, label, 26, x, y)
            _key_bar(canvas, state, x, y - 9)
            canvas.text(x + 32, y, label, "c-plain")
            x += 26 + 26 + text_width(label, 12.5)
    if any(item.gate for item in spec.items):
        x, y = _key_room(canvas, "closes a gate", 16, x, y)
        _diamond(canvas, x + 7, y - 4, "")
        canvas.text(x + 20, y, "closes a gate", "c-plain")
        x += 40 + text_width("closes a gate", 12.5)
    if any(item.decides for item in spec.items):
        x, y = _key_room(canvas, "POC is decided", 16, x, y)
        _flag(canvas, x + 2, y - 5)
        canvas.text(x + 18, y, "POC is decided", "c-plain")
    last = -100.0
    for first in months(spec):
        at = scale.at(first)
        label = formats.MONTHS[first.month - 1] + (f" {first.year % 100:02d}" if first.month == 1 else "")
        room = text_width(label, 12.5) + 9
        if at >= last and at + room < canvas.width + 9:
            canvas.text(at + 3, y + 34, label, "c-axis")
            last = at + room
    return y + 46


def _key_room(canvas: Canvas, label: str, mark: float, x: float, y: float) -> tuple[float, float]:
    return (0.0, y + 20) if x + mark + 10 + text_width(label, 12.5) > canvas.width else (x, y)


def _key_bar(canvas: Canvas, state: str, x: float, y: float) -> None:
    if state == "done":
        canvas.rect(x, y, 26, 10, "c-done")
    elif state == "late":
        canvas.hatched(x, y, 26, 10, "c-hatch-late")
        canvas.rect(x, y, 26, 10, "c-outline-late")
    else:
        canvas.rect(x, y, 26, 10, "c-outline")
        canvas.rect(x, y, 13 if state == "running" else 0, 10, "c-ink")


def _month_lines(canvas: Canvas, spec: Gantt, scale: Scale, top: float, bottom: float) -> None:
    for first in months(spec):
        canvas.line(scale.at(first), top, scale.at(first), bottom, "c-grid")


def _name_lines(item: GanttItem, width: float, size: float) -> list[str]:
    """The name in as many lines as it needs: a plan is not read without its names."""
    return wrapped(item.name, width - (CODE_ROOM if item.code else 0), size, lines=MOST_LINES)


def _name(canvas: Canvas, item: GanttItem, y: float, lines: list[str], cls: str, pitch: float) -> None:
    x = 0.0
    if item.code:
        canvas.rect(0, y - 12, 4, 14, f"c-{item.code[0].lower()}")
        canvas.text(11, y, item.code, "c-code")
        x = CODE_ROOM
    for place, line in enumerate(lines):
        canvas.text(x, y + pitch * place, line, "c-strong" if item.chosen else cls)


def _bar(canvas: Canvas, spec: Gantt, scale: Scale, item: GanttItem, y: float, *, words_at_bar: bool) -> None:
    left, right = scale.at(item.start), scale.at(item.end)
    until = scale.at(spec.today) if spec.today else left
    if item.state == "done":
        canvas.rect(left, y - 5, right - left, 10, "c-done")
    elif item.state == "late":
        due = scale.at(item.late_from or item.end)
        canvas.rect(left, y - 5, due - left, 10, "c-ink")
        canvas.hatched(due, y - 5, right - due, 10, "c-hatch-late")
        canvas.rect(due, y - 5, right - due, 10, "c-outline-late")
    else:
        canvas.rect(left, y - 5, right - left, 10, "c-outline-chosen" if item.chosen else "c-outline")
        if item.state == "running":
            canvas.rect(left, y - 5, min(max(until, left), right) - left, 10, "c-ink")
    x = right
    if item.gate:
        _diamond(canvas, right + 8, y, item.gate)
        x = right + 16
    if item.decides:
        _flag(canvas, x, y)
        x += 10
    if item.state == "late" and words_at_bar:
        _late_words(canvas, item, left, x, y)


def _late_words(canvas: Canvas, item: GanttItem, left: float, x: float, y: float) -> None:
    said = state_words(item)
    if x + 8 + text_width(said, 12.5) <= canvas.width:
        canvas.text(x + 8, y + 4, said, "c-late-words")
    else:
        canvas.text(left - 8, y + 4, said, "c-late-words", "end")


def _diamond(canvas: Canvas, x: float, y: float, gate: str) -> None:
    canvas.path(
        f"M{num(x)} {num(y - 8)}L{num(x + 8)} {num(y)}L{num(x)} {num(y + 8)}L{num(x - 8)} {num(y)}Z",
        "c-outline",
    )
    if gate:
        canvas.text(x, y + 4, gate, "c-gate", "middle")


def _flag(canvas: Canvas, x: float, y: float) -> None:
    canvas.rect(x, y - 11, 1.5, 16, "c-ink")
    canvas.path(
        f"M{num(x)} {num(y - 12)}h11l-3 4l3 4h-11Z",
        "c-ink",
    )


def _upright(
    canvas: Canvas, spec: Gantt, scale: Scale, top: float, bottom: float, *, labels_at: float | None
) -> None:
    """Today and the promised day, with their words at the foot."""
    taken = -1.0
    if spec.today and spec.start <= spec.today < spec.end:
        x = scale.at(spec.today)
        canvas.line(x, top, x, bottom, "c-today")
        if labels_at is not None:
            canvas.text(x, labels_at, "Today", "c-now", "middle")
            taken = x + 24
    if spec.mark:
        day, label = spec.mark
        x = scale.at(day)
        canvas.line(x, top, x, bottom, "c-target")
        if labels_at is not None:
            half = text_width(label, 12.5) / 2
            middle = min(max(x, half, taken + half + 8), canvas.width - half)
            canvas.text(middle, labels_at, label, "c-label", "middle")
