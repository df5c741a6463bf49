"""How far one person is: answered of asked, minutes left, and what is open. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assessment.question_bank import SECONDS_PER_ITEM, WORDS_PER_MINUTE, Item, Questionnaire

ANSWERED = frozenset({"level", "value", "dont_know", "not_applicable"})


@dataclass(frozen=True)
class Step:
    """One dimension for one person: how many of its questions are asked of the person and answered."""

    key: str
    code: str
    title: str
    pillar: str
    asked: int
    answered: int

    @property
    def is_done(self) -> bool:
        return self.answered == self.asked


@dataclass(frozen=True)
class Progress:
    asked: int
    answered: int
    minutes_left: int
    steps: tuple[Step, ...]
    open_items: tuple[Item, ...]
    hidden: frozenset[str]
    others: int

    @property
    def minutes_text(self) -> str:
        if not self.open_items:
            return "nothing left open"
        unit = "minute" if self.minutes_left == 1 else "minutes"
        return f"about {self.minutes_left} {unit} left"


def minutes(items: tuple[Item, ...]) -> int:
    """Whole minutes, rounded up, that reading and answering the items takes."""
    words = sum(item.words for item in items)
    return math.ceil(words / WORDS_PER_MINUTE + len(items) * SECONDS_PER_ITEM / 60)


def progress(
    questionnaire: Questionnaire, function: str, answers: Mapping[str, tuple[str, int | None]]
) -> Progress:
    """`answers` holds state and level by item key."""
    levels = {key: level for key, (_, level) in answers.items()}
    routed = questionnaire.items_for(function)
    visible = tuple(item for item in routed if questionnaire.is_visible(item.key, levels))
    done = {key for key, (state, _) in answers.items() if state in ANSWERED}
    still_open = tuple(item for item in visible if item.key not in done)
    shown = {item.key for item in visible}
    return Progress(
        asked=len(visible),
        answered=len(visible) - len(still_open),
        minutes_left=minutes(still_open),
        steps=_steps(questionnaire, visible, done),
        open_items=still_open,
        hidden=frozenset(item.key for item in routed if item.key not in shown),
        others=len(questionnaire.items) - len(routed),
    )


def _steps(questionnaire: Questionnaire, visible: tuple[Item, ...], done: set[str]) -> tuple[Step, ...]:
    by_dimension: dict[str, list[Item]] = {}
    for item in visible:
        by_dimension.setdefault(item.dimension, []).append(item)
    return tuple(
        Step(
            key=dimension.key,
            code=dimension.code,
            title=dimension.title,
            pillar=dimension.pillar,
            asked=len(by_dimension[dimension.key]),
            answered=sum(item.key in done for item in by_dimension[dimension.key]),
        )
        for dimension in questionnaire.dimensions.values()
        if dimension.key in by_dimension
    )
