"""The figures of projects."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from ui.charts.spec import Lines


def learning_curves(curves: Mapping[str, list[tuple[int, float]]]) -> list[Lines]:
    """One figure for each metric with at least two figures; NaN and infinity are left out and said."""
    figures = []
    for at, (key, points) in enumerate(curves.items(), start=1):
        kept = [(step, value) for step, value in points if isfinite(value) and abs(value) < 1e300]
        if len(kept) < 2:
            continue
        left_out = len(points) - len(kept)
        figures.append(
            Lines(
                key=f"curve-{at}",
                title=f"{key}: {kept[0][1]:.4g} at first, {kept[-1][1]:.4g} at last",
                unit=f"{key} by step",
                points=tuple(kept),
                value_name=key,
                note=f"{left_out} values that are no finite number are left out." if left_out else "",
            )
        )
    return figures
