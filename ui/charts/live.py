"""A value over time against its limit, and how values are spread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ui import formats
from ui.charts.canvas import Canvas, fitted, num, text_width
from ui.charts.lines import ticks_between
from ui.charts.spec_live import Series, Spread

AXIS, LABEL = 12.5, 12.5
LEFT, HEIGHT, TOP = 56.0, 150.0, 22.0
# Labels of time stand at least so far apart.
APART = 84.0
NARROW = 400.0


def series(spec: Series, uid: str, width: float, cls: str) -> str:
    """The line with its last value named at its end, the limit dashed and named, and moments of change."""
    canvas = Canvas(uid, width)
    known = spec.known
    last_words = _said(known[-1][1])
    room = max(text_width(words, LABEL) for words in (last_words, spec.limit_label)) + 14
    left, right = LEFT, width - min(room, 110.0 if width < NARROW else 150.0)
    ticks = _ticks(spec)
    low, high = ticks[0], ticks[-1]
    for tick in ticks:
        y = _height(tick, low, high)
        canvas.line(left, y, right, y, "c-grid")
        canvas.text(left - 8, y + 4, _said(tick), "c-axis", "end")
    first, last = spec.window or (spec.points[0][0], spec.points[-1][0])
    whole = (last - first).total_seconds() or 1.0

    def across(at: datetime) -> float:
        return left + (right - left) * min(max((at - first).total_seconds() / whole, 0.0), 1.0)

    for at, words in spec.events:
        _event(canvas, across(at), words, right)
    if spec.limit is not None:
        canvas.line(left, _height(spec.limit, low, high), right, _height(spec.limit, low, high), "c-target")
    for piece in _pieces(spec):
        places = [(across(at), _height(value, low, high)) for at, value in piece]
        if len(places) == 1:
            canvas.circle(*places[0], 2, "c-dot")
        else:
            canvas.path("M" + "L".join(f"{num(x)} {num(y)}" for x, y in places), "c-line")
    x, y = across(known[-1][0]), _height(known[-1][1], low, high)
    canvas.circle(x, y, 4, "c-accent")
    _named(canvas, spec, (x, y, last_words), right, _height(spec.limit or 0.0, low, high), width)
    _times(canvas, first, last, left, right)
    return canvas.markup(TOP + HEIGHT + 28, spec.title, cls)


def spread(spec: Spread, uid: str, width: float, cls: str) -> str:
    """Bars for now; then as an outline over them."""
    canvas = Canvas(uid, width)
    left, right = LEFT, width - 8
    values = [value for share in spec.shares for value in (share.now, share.then) if value is not None]
    ticks = ticks_between(0, max([*values, 1.0]))
    high = ticks[-1]
    for tick in ticks:
        y = _height(tick, 0, high)
        canvas.line(left, y, right, y, "c-grid")
        canvas.text(left - 8, y + 4, _said(tick), "c-axis", "end")
    step = (right - left) / len(spec.shares)
    outline = []
    bottom = TOP + HEIGHT
    for at, share in enumerate(spec.shares):
        x, y = left + step * at, _height(share.now, 0, high)
        canvas.rect(x + 1, y, max(step - 2, 1), bottom - y, "c-spread")
        then = _height(share.then or 0.0, 0, high)
        outline.append(f"{num(x)} {num(then)}L{num(x + step)} {num(then)}")
        if not spec.binned:
            canvas.text(x + step / 2, bottom + 18, fitted(share.name, step - 4, AXIS), "c-axis", "middle")
    if spec.has_then:
        canvas.path("M" + "L".join(outline), "c-outline")
    if spec.binned:
        canvas.text(left, bottom + 18, spec.shares[0].name, "c-axis")
        canvas.text(right, bottom + 18, spec.shares[-1].name, "c-axis", "end")
    _legend(canvas, spec, left)
    return canvas.markup(bottom + 28, spec.title, cls)


def _legend(canvas: Canvas, spec: Spread, left: float) -> None:
    canvas.rect(left, 2, 18, 10, "c-spread")
    canvas.text(left + 24, 12, spec.now_label, "c-axis")
    if spec.has_then:
        x = left + 48 + text_width(spec.now_label, AXIS)
        canvas.path(f"M{num(x)} 7H{num(x + 18)}", "c-outline")
        canvas.text(x + 24, 12, spec.then_label, "c-label")


def _ticks(spec: Series) -> list[float]:
    values = [value for _, value in spec.known]
    if spec.limit is not None:
        values.append(spec.limit)
    low = 0.0 if spec.from_zero and min(values) >= 0 else min(values)
    return ticks_between(low, max(values))


def _height(value: float, low: float, high: float) -> float:
    return TOP + HEIGHT * (1 - (value - low) / ((high - low) or 1.0))


def _pieces(spec: Series) -> Iterator[list[tuple[datetime, float]]]:
    piece: list[tuple[datetime, float]] = []
    for at, value in spec.points:
        if value is not None:
            piece.append((at, value))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _named(
    canvas: Canvas, spec: Series, last: tuple[float, float, str], right: float, limit_y: float, width: float
) -> None:
    """The last value and the limit by name, moved apart where they would meet."""
    x, y, words = last
    label_y = y + 4
    if spec.limit is not None and spec.limit_label:
        if abs(limit_y - y) < 16:
            label_y = limit_y + 4 + (-16 if y <= limit_y else 16)
        canvas.text(right + 8, limit_y + 4, fitted(spec.limit_label, width - right - 8, LABEL), "c-label")
    canvas.text(min(x, right) + 8, label_y, words, "c-latest")


def _event(canvas: Canvas, x: float, words: str, right: float) -> None:
    canvas.line(x, TOP - 8, x, TOP + HEIGHT, "c-event")
    at_end = x + text_width(words, AXIS) + 6 > right
    canvas.text(x - 4 if at_end else x + 4, TOP - 8, words, "c-axis", "end" if at_end else "")


def _times(canvas: Canvas, first: datetime, last: datetime, left: float, right: float) -> None:
    """Moments along the axis: clock times within two days, else days."""
    whole = last - first
    count = max(min(int((right - left) // APART), 6), 1) if whole else 1
    for at in range(count):
        moment = first + whole * (at / count)
        x = left + (right - left) * at / count
        canvas.text(x, TOP + HEIGHT + 20, time_words(moment, whole), "c-axis", "middle" if at else "")


def _said(value: float) -> str:
    """A value on a scale: four digits, thousands in full."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def time_words(moment: datetime, whole: timedelta) -> str:
    """A moment as an axis over so much time names it."""
    if whole <= timedelta(days=2):
        return f"{moment:%H:%M}"
    return f"{moment.day} {formats.MONTHS[moment.month - 1]}"
