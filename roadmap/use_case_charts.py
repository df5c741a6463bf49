"""The matrix of worth against feasibility."""

from __future__ import annotations

from collections.abc import Sequence

from roadmap.portfolio import MIDDLE, Standing
from roadmap.use_case_rubric import rubric
from ui.charts.spec import Matrix, MatrixPoint
from ui.words import counted, sentence


def matrix(standings: Sequence[Standing]) -> Matrix | None:
    """All use cases that have both scores; None without any."""
    shown = [
        item for item in standings if item.worth.value is not None and item.feasibility.value is not None
    ]
    if not shown:
        return None
    names = rubric().quadrants
    first = shown[0].facts.key
    return Matrix(
        key="use-cases",
        title=_finding(shown),
        unit="Worth and feasibility, 0 to 100; parted at 50",
        n=len(shown),
        note="By the answers to each use case; provisional where less than 70 % is answered.",
        split=MIDDLE,
        corners=(
            names["prepare"].name,
            names["start_here"].name,
            names["leave"].name,
            names["practice"].name,
        ),
        points=tuple(
            MatrixPoint(
                item.facts.title,
                x=item.feasibility.value or 0.0,
                y=item.worth.value or 0.0,
                chosen=item.facts.key == first,
                note=", ".join(mark.replace("_", " ") for mark in item.marks),
            )
            for item in shown
        ),
    )


def _finding(shown: Sequence[Standing]) -> str:
    early = [item.facts.title for item in shown if item.has("early_win")]
    if early:
        rest = f" and {counted(len(early) - 1, 'other', 'others')}" if len(early) > 1 else ""
        verb = "are early wins" if len(early) > 1 else "is an early win"
        return f"{early[0]}{rest} {verb}"
    near = sum(item.quadrant == "start_here" for item in shown)
    if near:
        return sentence(f"{counted(near, 'use case is', 'use cases are')} worth having and within reach")
    return "No use case is both worth having and within reach yet"
