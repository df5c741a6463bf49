"""Worth against feasibility, and load by week over capacity."""

from __future__ import annotations

from math import ceil, floor, log10

from ui import formats, words
from ui.charts.canvas import Canvas, fitted, text_width
from ui.charts.spec import Matrix, MatrixPoint, WeekBars

Box = tuple[float, float, float, float]


def matrix(spec: Matrix, uid: str, width: float, cls: str, *, listed: bool) -> str:
    """Points with their names beside them; with ``listed`` numbers, and the names below."""
    canvas = Canvas(uid, width)
    left, top, size = 34.0, 26.0, min(width * 0.62, 420.0)
    plot_width = width - left - 8
    _frame(canvas, spec, left, top, plot_width, size)
    places = [_place(spec, point, left, top, plot_width, size) for point in spec.points]
    taken: list[Box] = [(x - 7, y - 7, x + 7, y + 7) for x, y in places]
    for number, (point, (x, y)) in enumerate(zip(spec.points, places, strict=True), start=1):
        canvas.circle(x, y, 6, "c-accent" if point.chosen else "c-ink")
        label = str(number) if listed else fitted(point.name, width * 0.42, 14)
        _label(canvas, label, point, x, y, taken)
    y = top + size + 60
    if listed:
        for number, point in enumerate(spec.points, start=1):
            canvas.text(0, y, str(number), "c-code")
            canvas.text(24, y, fitted(point.name, width - 24, 14), "c-strong" if point.chosen else "c-name")
            y += 24
    return canvas.markup(y, spec.title, cls)


def _frame(canvas: Canvas, spec: Matrix, left: float, top: float, width: float, size: float) -> None:
    for step in range(5):
        share = step / 4
        value = formats.number(spec.top * share, 0 if spec.top >= 8 else 1)
        y = top + size * (1 - share)
        canvas.line(left, y, left + width, y, "c-grid")
        canvas.text(left - 8, y + 4, value, "c-axis", "end")
        canvas.text(left + width * share, top + size + 18, value, "c-axis", "middle" if step < 4 else "end")
    if spec.split is not None:
        share = spec.split / spec.top
        canvas.line(left + width * share, top, left + width * share, top + size, "c-event")
        canvas.line(left, top + size * (1 - share), left + width, top + size * (1 - share), "c-event")
    canvas.text(0, 12, spec.y_name, "c-plain")
    canvas.text(left + width, top + size + 36, spec.x_name, "c-plain", "end")
    if spec.corners:
        _corners(canvas, spec.corners, left, top, width, size)


def _corners(
    canvas: Canvas, corners: tuple[str, ...], left: float, top: float, width: float, size: float
) -> None:
    """Words in the corners: top left, top right, bottom left, bottom right."""
    for index, said in enumerate(corners):
        x = left + 8 if index % 2 == 0 else left + width - 8
        y = top + 17 if index < 2 else top + size - 9
        canvas.text(x, y, fitted(said, width / 2 - 16, 12.5), "c-axis", "" if index % 2 == 0 else "end")


def _place(
    spec: Matrix, point: MatrixPoint, left: float, top: float, width: float, size: float
) -> tuple[float, float]:
    return left + width * point.x / spec.top, top + size * (1 - point.y / spec.top)


def _label(canvas: Canvas, label: str, point: MatrixPoint, x: float, y: float, taken: list[Box]) -> None:
    """The first free place around the point; the one that overlaps least where none is free."""
    room = text_width(label, 14)
    boxes: list[tuple[Box, float, float, str]] = []
    for away in (0.0, 18.0, 36.0):
        for dx, dy, anchor in (
            (11, 5, ""),
            (-11, 5, "end"),
            (0, -13 - away, "middle"),
            (0, 23 + away, "middle"),
            (9, -9 - away, ""),
            (9, 19 + away, ""),
            (-9, -9 - away, "end"),
            (-9, 19 + away, "end"),
        ):
            start = x + dx - (room if anchor == "end" else room / 2 if anchor == "middle" else 0)
            boxes.append(((start, y + dy - 12, start + room, y + dy + 4), x + dx, y + dy, anchor))
    box, tx, ty, anchor = min(boxes, key=lambda found: _cost(found[0], taken, canvas.width))
    taken.append(box)
    if abs(ty - y) > 26:
        canvas.line(x, y, tx, ty - 4, "c-leader")
    canvas.text(tx, ty, label, "c-strong" if point.chosen else "c-name", anchor)


def _cost(box: Box, taken: list[Box], width: float) -> float:
    overlap = sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )
    outside = max(0.0, -box[0]) + max(0.0, box[2] - width) + max(0.0, 14 - box[1])
    return overlap + 1000 * outside


def nice_top(value: float) -> float:
    """The end of a scale from 0 with four or five even steps."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(
        power * step * ceil(value / (power * step) - 1e-9)
        for step in (0.25, 0.5, 1, 2)
        if ceil(value / (power * step) - 1e-9) <= 5
    )


def steps_of(top: float) -> list[float]:
    """Grid values from 0 to ``top``."""
    power = 10.0 ** floor(log10(top))
    step = next(power * s for s in (0.2, 0.25, 0.5, 1, 2) if top / (power * s) <= 5 + 1e-9)
    return [round(step * index, 10) for index in range(round(top / step) + 1)]


def week_bars(spec: WeekBars, uid: str, width: float, cls: str) -> str:
    """One bar a week from 0; the capacity dashed and named at its right end."""
    canvas = Canvas(uid, width)
    label = spec.capacity_label or (f"Has {formats.number(spec.capacity, 1)}" if spec.capacity else "")
    left, top, height = 36.0, 28.0, 180.0
    right = width - (text_width(label, 12.5) + 12 if spec.capacity is not None else 8)
    highest = nice_top(max([*spec.values, spec.capacity or 0, 0]))
    for value in steps_of(highest):
        y = top + height * (1 - value / highest)
        decimals = 0 if highest >= 4 else 2 if (value * 2) % 1 else 1 if value % 1 else 0
        canvas.line(left, y, right, y, "c-grid")
        canvas.text(left - 8, y + 4, formats.number(value, decimals), "c-axis", "end")
    step = (right - left) / max(len(spec.values), 1)
    _bars(canvas, spec, left, step, top, height, highest)
    if spec.capacity is not None:
        y = top + height * (1 - spec.capacity / highest)
        canvas.line(left, y, right, y, "c-target")
        canvas.text(right + 8, y + 4, label, "c-label")
        _full_words(canvas, spec, left, step, y)
    _months(canvas, spec, left, step, top + height + 20)
    return canvas.markup(top + height + 28, spec.title, cls)


def _bars(
    canvas: Canvas, spec: WeekBars, left: float, step: float, top: float, height: float, highest: float
) -> None:
    gap = 1.0 if step > 4 else 0.3
    for index, value in enumerate(spec.values):
        tall = height * value / highest
        cls = "c-ink" if spec.is_full(value) else "c-h2"
        canvas.rect(left + step * index + gap / 2, top + height - tall, step - gap, tall, cls)


def _full_words(canvas: Canvas, spec: WeekBars, left: float, step: float, y: float) -> None:
    full = [index for index, value in enumerate(spec.values) if spec.is_full(value)]
    if not full:
        return
    said = f"full in {words.plural(len(full), 'week', 'weeks')}"
    half = text_width(said, 12.5) / 2
    middle = left + step * (full[0] + full[-1] + 1) / 2
    highest = max(spec.values)
    over = highest > (spec.capacity or 0) * 1.02
    canvas.text(min(max(middle, left + half), canvas.width - half), 12 if over else y - 8, said, "", "middle")


def _months(canvas: Canvas, spec: WeekBars, left: float, step: float, y: float) -> None:
    last = -100.0
    for index in range(len(spec.values)):
        monday = spec.week(index)
        x = left + step * index
        if monday.day <= 7 and x - last > 64 and x + 24 < canvas.width:
            year = f" {monday.year % 100:02d}" if monday.month == 1 else ""
            canvas.text(x, y, formats.MONTHS[monday.month - 1] + year, "c-axis")
            last = x
