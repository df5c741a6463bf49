"""Two results of one organization beside each other. Pure: from `AssessmentResult.to_dict()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessment.question_bank import Questionnaire
from ui.words import counted, in_words, sentence

Row = Mapping[str, Any]
MOVED = 1.0


@dataclass(frozen=True)
class Change:
    """A figure then and now; `points` is None where one of the two is not known."""

    code: str
    title: str
    before: Any
    now: Any
    points: float | None


@dataclass(frozen=True)
class Comparison:
    title: str
    pillars: tuple[Change, ...]
    dimensions: tuple[Change, ...]
    items: tuple[Change, ...]
    gates_won: tuple[str, ...]
    gates_lost: tuple[str, ...]
    alignment: Change


def compare_results(now: Row, before: Row, questionnaire: Questionnaire) -> Comparison:
    """Differences of the shown, rounded scores; items by key, mapped over versions by their former key."""
    pillars = _changes(now["pillars"], before["pillars"], lambda row: row["key"][:1].upper())
    dimensions = _changes(now["dimensions"], before["dimensions"], lambda row: row["code"])
    won, lost = _gates(now, before)
    return Comparison(
        title=_title(pillars),
        pillars=pillars,
        dimensions=tuple(sorted(dimensions, key=lambda c: (c.points is None, c.points or 0, c.code))),
        items=_items(now, before, questionnaire),
        gates_won=won,
        gates_lost=lost,
        alignment=Change(
            "",
            "Alignment",
            before["alignment"],
            now["alignment"],
            _points(now["alignment"], before["alignment"]),
        ),
    )


def _changes(now: Any, before: Any, code: Any) -> tuple[Change, ...]:
    old = {row["key"]: row["score"] for row in before}
    return tuple(
        Change(
            code(row),
            row["title"],
            old.get(row["key"]),
            row["score"],
            _points(row["score"], old.get(row["key"])),
        )
        for row in now
    )


def _points(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _items(now: Row, before: Row, questionnaire: Questionnaire) -> tuple[Change, ...]:
    """Items whose level moved by one or more, worst first."""
    old = {row["key"]: row["value"] for row in before["items"]}
    found = []
    for row in now["items"]:
        item = questionnaire.items[row["key"]]
        past = old.get(row["key"], old.get(item.was) if item.was else None)
        points = _points(row["value"], past)
        if points is None or abs(points) / 25 < MOVED:
            continue
        code = questionnaire.dimensions[item.dimension].code
        found.append(
            Change(code, item.text, round((past or 0) / 25, 1), round(row["value"] / 25, 1), points / 25)
        )
    return tuple(sorted(found, key=lambda change: (change.points or 0, change.title)))


def _gates(now: Row, before: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old = {gate["key"]: gate["holds"] for gate in before["gates"]}
    won, lost = [], []
    for gate in now["gates"]:
        if gate["key"] not in old:
            continue
        if gate["holds"] and not old[gate["key"]]:
            won.append(gate["title"])
        elif old[gate["key"]] and not gate["holds"]:
            lost.append(gate["title"])
    return tuple(won), tuple(lost)


def _title(pillars: tuple[Change, ...]) -> str:
    known = [change for change in pillars if change.points is not None]
    up = [change for change in known if (change.points or 0) > 0]
    if not known:
        return "The two rounds cannot be compared"
    if not up:
        return "No pillar stands higher than before"
    if len(up) == len(known):
        return f"All {in_words(len(known))} pillars stand higher than before"
    return sentence(counted(len(up), "pillar stands", "pillars stand")) + " higher than before"
