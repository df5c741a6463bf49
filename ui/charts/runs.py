"""Runs as threads through several scales, and as curves on one."""

from __future__ import annotations

from collections.abc import Iterator

from ui.charts.canvas import Canvas, fitted, num
from ui.charts.lines import thinned, ticks_between
from ui.charts.spec_runs import Curves, Parallel, Thread

WIDE = 500
LABEL, AXIS = 13.0, 12.0
MOST_WORDS = 4
# Room beside a scale for what lies at its end.
SIDE = 64.0


def parallel(spec: Parallel, uid: str, width: float, cls: str) -> str:
    """Each scale a line from its lowest to its highest value; each run a thread down through them."""
    canvas = Canvas(uid, width)
    names_beside = width >= WIDE
    left = 170.0 + SIDE if names_beside else SIDE
    right, top = width - SIDE, 16.0 if names_beside else 30.0
    gap = 52.0 if names_beside else 66.0
    heights = [top + gap * at for at in range(len(spec.scales))]
    for at, (scale, y) in enumerate(zip(spec.scales, heights, strict=True)):
        canvas.line(left, y, right, y, "c-grid")
        if names_beside:
            canvas.text(0, y + 4, fitted(scale.name, left - SIDE - 12, LABEL), "c-label")
        else:
            canvas.text(0, y - 14, fitted(scale.name, width, LABEL), "c-label")
        _ends(canvas, spec, at, (left, right), y)
    for thread in sorted(spec.threads, key=lambda one: one.chosen):
        for run in _unbroken(spec, thread, heights, (left, right)):
            style = "c-thread-chosen" if thread.chosen else "c-thread"
            if len(run) > 1:
                canvas.path("M" + "L".join(f"{num(x)} {num(y)}" for x, y in run), style)
            if thread.chosen or len(run) == 1:
                for x, y in run:
                    canvas.circle(x, y, 4 if thread.chosen else 2.5, "c-accent" if thread.chosen else "c-dot")
    return canvas.markup(heights[-1] + 28, spec.title, cls)


def _ends(canvas: Canvas, spec: Parallel, at: int, sides: tuple[float, float], y: float) -> None:
    """What lies at the ends of a scale stands beside it, where no thread crosses it."""
    left, right = sides
    scale = spec.scales[at]
    low, high = spec.ends(at)
    first, last = (scale.words[0], scale.words[-1]) if scale.words else (f"{low:.4g}", f"{high:.4g}")
    if low == high:
        canvas.text((left + right) / 2, y + 18, fitted(first, right - left, AXIS), "c-axis", "middle")
        return
    canvas.text(left - 8, y + 4, fitted(first, SIDE - 8, AXIS), "c-axis", "end")
    canvas.text(right + 8, y + 4, fitted(last, SIDE - 8, AXIS), "c-axis")
    between = scale.words[1:-1]
    if 0 < len(between) <= MOST_WORDS:
        room = (right - left) / (len(between) + 1)
        for number, word in enumerate(between, start=1):
            canvas.text(left + room * number, y + 18, fitted(word, room - 8, AXIS), "c-axis", "middle")


def _unbroken(
    spec: Parallel, thread: Thread, heights: list[float], sides: tuple[float, float]
) -> Iterator[list[tuple[float, float]]]:
    """The pieces of a thread; a scale on which it has no value breaks it."""
    left, right = sides
    piece: list[tuple[float, float]] = []
    for at, (value, y) in enumerate(zip(thread.values, heights, strict=True)):
        if value is not None:
            piece.append((left + (right - left) * spec.place(at, value), y))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def curves(spec: Curves, uid: str, width: float, cls: str) -> str:
    """All curves on one grid; below it, which stroke is which, with the last value."""
    canvas = Canvas(uid, width)
    left, top, height = 64.0, 20.0, 170.0
    right = width - 20
    values = [value for curve in spec.curves for _, value in curve.points]
    ticks = ticks_between(min(values), max(values))
    low, span = ticks[0], (ticks[-1] - ticks[0]) or 1.0
    first = min(curve.points[0][0] for curve in spec.curves)
    last = max(curve.points[-1][0] for curve in spec.curves)
    for tick in ticks:
        y = top + height * (1 - (tick - low) / span)
        canvas.line(left, y, right, y, "c-grid")
        canvas.text(left - 8, y + 4, f"{tick:.4g}", "c-axis", "end")
    for number, curve in enumerate(spec.curves, start=1):
        places = [
            (
                left + (right - left) * ((step - first) / (last - first) if last > first else 0.5),
                top + height * (1 - (value - low) / span),
            )
            for step, value in thinned(curve.points)
        ]
        canvas.path("M" + "L".join(f"{num(x)} {num(y)}" for x, y in places), f"c-curve-{number}")
        canvas.circle(*places[-1], 3, "c-dot")
    below = top + height + 20
    canvas.text(left, below, f"{spec.x_name} {first}", "c-axis")
    if last > first:
        canvas.text(right, below, str(last), "c-axis", "end")
    for number, curve in enumerate(spec.curves, start=1):
        y = below + 10 + 22 * number
        canvas.line(left, y - 4, left + 44, y - 4, f"c-curve-{number}")
        words = f"{curve.points[-1][1]:.4g}"
        canvas.text(left + 56, y, words, "c-label")
        canvas.text(left + 130, y, fitted(curve.name, right - left - 130, LABEL), "c-axis")
    return canvas.markup(below + 22 + 22 * len(spec.curves), spec.title, cls)
