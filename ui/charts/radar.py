"""Dimensions against their target on a wheel, pillars as arcs at the rim."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from ui.charts.canvas import Canvas, num, text_width
from ui.charts.spec import Radar, RadarAxis


@dataclass(frozen=True)
class _Wheel:
    x: float
    y: float
    radius: float
    count: int

    def angle(self, index: float) -> float:
        """Radians, clockwise from the top; half a step on, so that pillars part at the top."""
        return 2 * pi * (index + 0.5) / self.count - pi / 2

    def at(self, index: float, share: float) -> tuple[float, float]:
        """The point of an axis; ``share`` 1 is the outer circle."""
        angle = self.angle(index)
        return self.x + self.radius * share * cos(angle), self.y + self.radius * share * sin(angle)


def radar(spec: Radar, uid: str, width: float, cls: str, *, names: bool) -> str:
    """The wheel with the key below. ``names``: pillar names at the rim, too."""
    radius = min(width / 2 - (104 if names else 34), 196)
    wheel = _Wheel(width / 2, radius + 48, radius, max(len(spec.axes), 3))
    canvas = Canvas(uid, width)
    _grid(canvas, wheel, spec)
    _arcs(canvas, wheel, spec, names=names)
    _shapes(canvas, wheel, spec)
    foot = wheel.y + radius + 72
    _key(canvas, spec, foot)
    return canvas.markup(foot + 10, spec.title, cls)


def _grid(canvas: Canvas, wheel: _Wheel, spec: Radar) -> None:
    for share in (0.25, 0.5, 0.75, 1.0):
        canvas.circle(wheel.x, wheel.y, wheel.radius * share, "c-circle")
    for index, axis in enumerate(spec.axes):
        x, y = wheel.at(index, 1)
        canvas.line(wheel.x, wheel.y, x, y, "c-grid")
        lx, ly = wheel.at(index, 1 + 24 / wheel.radius)
        canvas.text(lx, ly + 4, axis.code, "c-label" if axis.code in spec.bold else "c-axis", "middle")
    for share in (25, 50, 75, 100):
        canvas.text(wheel.x + 4, wheel.y - wheel.radius * share / 100 + 13, str(share), "c-axis")


def _arcs(canvas: Canvas, wheel: _Wheel, spec: Radar, *, names: bool) -> None:
    titles = dict(spec.pillars)
    for code, first, last in _runs(spec.axes):
        start, end = first - 0.42, last + 0.42
        x1, y1 = wheel.at(start, 1 + 8 / wheel.radius)
        x2, y2 = wheel.at(end, 1 + 8 / wheel.radius)
        reach = wheel.radius + 8
        large = 1 if (end - start) / wheel.count > 0.5 else 0
        canvas.path(
            f"M{num(x1)} {num(y1)}A{num(reach)} {num(reach)} 0 {large} 1 {num(x2)} {num(y2)}",
            f"c-arc c-arc-{code.lower()}",
        )
        if names and code in titles:
            x, y = wheel.at((first + last) / 2, 1 + 44 / wheel.radius)
            anchor = "end" if x < wheel.x - 20 else "" if x > wheel.x + 20 else "middle"
            canvas.text(
                _inside(x, titles[code], anchor, canvas.width), y + 4, titles[code], "c-label", anchor
            )


def _inside(x: float, words: str, anchor: str, width: float) -> float:
    room = text_width(words, 12.5)
    if anchor == "end":
        return max(x, room)
    return min(x, width - room) if not anchor else x


def _runs(axes: tuple[RadarAxis, ...]) -> list[tuple[str, int, int]]:
    """First and last axis of each pillar that stands together."""
    runs: list[tuple[str, int, int]] = []
    for index, axis in enumerate(axes):
        code = axis.code[0]
        if runs and runs[-1][0] == code:
            runs[-1] = (code, runs[-1][1], index)
        else:
            runs.append((code, index, index))
    return runs


def _shapes(canvas: Canvas, wheel: _Wheel, spec: Radar) -> None:
    values = [axis.value for axis in spec.axes]
    if values and None not in values:
        canvas.path(_outline(wheel, values), "c-area")
    canvas.path(_outline(wheel, [axis.target for axis in spec.axes]), "c-target")
    canvas.path(_outline(wheel, values), "c-line")
    for index, axis in enumerate(spec.axes):
        if axis.value is not None:
            x, y = wheel.at(index, axis.value / 100)
            canvas.circle(x, y, 4.5, f"c-{axis.code[0].lower()}")


def _outline(wheel: _Wheel, values: list[float | None]) -> str:
    """A closed line over all axes; it breaks where a value is not known."""
    parts: list[str] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        x, y = wheel.at(index, value / 100)
        joined = index > 0 and values[index - 1] is not None
        parts.append(f"{'L' if joined else 'M'}{num(x)} {num(y)}")
    if len(values) > 2 and values[0] is not None and values[-1] is not None:
        x, y = wheel.at(0, values[0] / 100)
        parts.append("Z" if None not in values else f"L{num(x)} {num(y)}")
    return "".join(parts) or "M0 0"


def _key(canvas: Canvas, spec: Radar, y: float) -> None:
    canvas.line(0, y - 4, 22, y - 4, "c-line")
    canvas.text(30, y, spec.value_label, "c-plain")
    if any(axis.target is not None for axis in spec.axes):
        x = 30 + text_width(spec.value_label, 12.5) + 28
        canvas.line(x, y - 4, x + 24, y - 4, "c-target")
        canvas.text(x + 32, y, spec.target_label, "c-plain")
