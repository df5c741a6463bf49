"""A value by step as a line on a scale of its own."""

from __future__ import annotations

from math import ceil, floor, log10

from ui.charts.canvas import Canvas, num
from ui.charts.spec import Lines

MOST_DRAWN = 400


def lines(spec: Lines, uid: str, width: float, cls: str) -> str:
    """The line, its last value named at its end, and a grid of round values."""
    canvas = Canvas(uid, width)
    left, top, height = 64.0, 20.0, 150.0
    right = width - 76
    values = [value for _, value in spec.points]
    ticks = ticks_between(min(values), max(values))
    low, span = ticks[0], (ticks[-1] - ticks[0]) or 1.0
    first, last = spec.points[0][0], spec.points[-1][0]
    for tick in ticks:
        y = top + height * (1 - (tick - low) / span)
        canvas.line(left, y, right, y, "c-grid")
        canvas.text(left - 8, y + 4, f"{tick:.4g}", "c-axis", "end")
    places = [
        (
            left + (right - left) * ((step - first) / (last - first) if last > first else 0.5),
            top + height * (1 - (value - low) / span),
        )
        for step, value in thinned(spec.points)
    ]
    canvas.path("M" + "L".join(f"{num(x)} {num(y)}" for x, y in places), "c-line")
    x, y = places[-1]
    canvas.circle(x, y, 4, "c-accent")
    canvas.text(x + 8, y + 4, f"{values[-1]:.4g}", "c-label")
    canvas.text(left, top + height + 20, f"{spec.x_name} {first}", "c-axis")
    if last > first:
        canvas.text(right, top + height + 20, str(last), "c-axis", "end")
    return canvas.markup(top + height + 28, spec.title, cls)


def thinned(points: tuple[tuple[int, float], ...]) -> list[tuple[int, float]]:
    """At most `MOST_DRAWN` points and the last: a screen shows no more."""
    every = max(ceil(len(points) / MOST_DRAWN), 1)
    kept = list(points[::every])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def ticks_between(low: float, high: float) -> list[float]:
    """Three to six round values that enclose both ends."""
    spread = high - low
    if spread <= abs(high) * 1e-9:
        spread = abs(high) or 1.0
    step: float = 10 ** floor(log10(spread / 3))
    step = next(step * factor for factor in (1, 2, 5, 10) if spread / (step * factor) <= 4)
    start, end = floor(low / step), ceil(high / step)
    return [count * step for count in range(start, max(end, start + 1) + 1)]
