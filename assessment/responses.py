"""What a round collected: who was asked, what they answered, and the same as arrays.

`Sheet` is the only place where routing, visibility and the meaning of the five answer states are decided;
everything after it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessment.question_bank import Item, Questionnaire

OPEN, DONT_KNOW, NOT_APPLICABLE = -1, -2, -3
_CODES = {"open": OPEN, "dont_know": DONT_KNOW, "not_applicable": NOT_APPLICABLE}


@dataclass(frozen=True)
class Respondent:
    """Somebody who was asked. `function` is the hat; `started` says whether they opened the questions."""

    key: str
    function: str
    started: bool = True


@dataclass(frozen=True)
class AnswerValue:
    """One answer: state "level" with a level 0 to 4, or "dont_know", "not_applicable", "open" without one.

    Confidence never scores.
    """

    respondent: str
    item: str
    level: int | None
    state: str = "level"
    confidence: str = ""


@dataclass(frozen=True)
class Sheet:
    """The answers of a round as people x items arrays, items in the order of the questionnaire.

    levels   int8, 0 to 4, meaningful where `given`
    given    routed, visible, answered with a level
    asked    routed, visible, not "not applicable", by somebody who started: the pairs of coverage
    unknown  asked and answered with "I don't know"
    present  routed and visible, started or not: who has a say in a gate
    """

    items: tuple[Item, ...]
    people: tuple[Respondent, ...]
    levels: NDArray[np.int8]
    given: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    present: NDArray[np.bool_]


def read_sheet(
    questionnaire: Questionnaire, respondents: Sequence[Respondent], answers: Iterable[AnswerValue]
) -> Sheet:
    """Places answers in arrays. Answers to items that do not score are passed over.

    A person with an answer has started, whatever `started` says. Raises ValueError for an unknown person,
    item or function, a second answer of one person to one item, a level outside 0 to 4 and "not applicable"
    where the item does not allow it.
    """
    _check_people(questionnaire, respondents)
    items = questionnaire.maturity_items
    rows = {person.key: row for row, person in enumerate(respondents)}
    columns = {item.key: column for column, item in enumerate(items)}
    codes = np.full((len(respondents), len(items)), OPEN, dtype=np.int8)
    seen: set[tuple[str, str]] = set()
    started = np.array([person.started for person in respondents], dtype=bool)
    for answer in answers:
        if answer.respondent not in rows:
            raise ValueError(f"There is no respondent {answer.respondent!r}.")
        if answer.item not in questionnaire.items:
            raise ValueError(f"There is no item {answer.item!r}.")
        if (answer.respondent, answer.item) in seen:
            raise ValueError(f"{answer.respondent!r} answered {answer.item!r} twice.")
        seen.add((answer.respondent, answer.item))
        row = rows[answer.respondent]
        if answer.state != "open":
            started[row] = True
        if answer.item in columns:
            codes[row, columns[answer.item]] = _code(answer, questionnaire.items[answer.item])
    return _sheet(questionnaire, tuple(respondents), codes, started)


def _check_people(questionnaire: Questionnaire, respondents: Sequence[Respondent]) -> None:
    if len({person.key for person in respondents}) != len(respondents):
        raise ValueError("Two respondents have the same key.")
    for person in respondents:
        if person.function not in questionnaire.functions:
            raise ValueError(f"There is no function {person.function!r}.")


def _code(answer: AnswerValue, item: Item) -> int:
    if answer.state == "level":
        if answer.level is None or not 0 <= answer.level <= 4:
            raise ValueError(f"The level of {answer.item!r} must be 0 to 4, not {answer.level!r}.")
        return answer.level
    if answer.level is not None:
        raise ValueError(f"An answer with state {answer.state!r} has no level.")
    if answer.state not in _CODES:
        raise ValueError(f"There is no answer state {answer.state!r}.")
    if answer.state == "not_applicable" and not item.allows_not_applicable:
        raise ValueError(f"{answer.item!r} does not allow 'not applicable'.")
    return _CODES[answer.state]


def _sheet(
    questionnaire: Questionnaire,
    people: tuple[Respondent, ...],
    codes: NDArray[np.int8],
    started: NDArray[np.bool_],
) -> Sheet:
    items = questionnaire.maturity_items
    routed_by_function = {
        function: np.array([function in item.functions for item in items], dtype=bool)
        for function in questionnaire.functions
    }
    routed = np.zeros(codes.shape, dtype=bool)
    for row, person in enumerate(people):
        routed[row] = routed_by_function[person.function]
    present = routed & _visible(questionnaire, items, codes)
    asked = present & (codes != NOT_APPLICABLE) & started[:, None]
    return Sheet(
        items=items,
        people=people,
        levels=codes,
        given=asked & (codes >= 0),
        asked=asked,
        unknown=asked & (codes == DONT_KNOW),
        present=present,
    )


def _visible(
    questionnaire: Questionnaire, items: tuple[Item, ...], codes: NDArray[np.int8]
) -> NDArray[np.bool_]:
    visible = np.ones(codes.shape, dtype=bool)
    conditional = [(column, item) for column, item in enumerate(items) if item.visible_if]
    if not conditional:
        return visible
    for row in range(codes.shape[0]):
        levels = {item.key: int(code) for item, code in zip(items, codes[row], strict=True) if code >= 0}
        for column, item in conditional:
            visible[row, column] = questionnaire.is_visible(item.key, levels)
    return visible


def inputs_record(
    questionnaire: Questionnaire, sheet: Sheet, consensus: Mapping[str, int], **more: Any
) -> dict[str, Any]:
    """What a result rests on, free of keys of people: the same answers give the same record by any path."""
    rows = sorted(
        [person.function, bool(sheet.asked[row].any()), [int(code) for code in sheet.levels[row]]]
        for row, person in enumerate(sheet.people)
    )
    return {
        "questionnaire": [questionnaire.id, questionnaire.version],
        "items": [item.key for item in sheet.items],
        "rows": rows,
        "consensus": dict(sorted(consensus.items())),
        **more,
    }
