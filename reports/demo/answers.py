"""What people of the story answered, read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assessment.answer_values import AnswerContent
from assessment.question_bank import Item, Questionnaire
from reports.demo.story import CONFIDENCES, Entry, read_level


@dataclass(frozen=True)
class Given:
    """One answer: who gave it to which item."""

    person: str
    item: str
    content: AnswerContent


def answers_of(entry: Entry, questionnaire: Questionnaire) -> dict[str, list[Given]]:
    """All answers of a round by person, in the order of the questionnaire, voluntary ones among them."""
    said: dict[tuple[str, str], dict[str, Any]] = {}
    for item, given in entry["answers"].items():
        for person, short in given.items():
            said[person, item] = _level(str(short))
    for extra in entry.get("voluntary_answers", ()):
        said[extra["by"], extra["item"]] = _level(extra["answer"])
    for item, values in entry.get("other_answers", {}).items():
        for person, value in values.items():
            said[person, item] = {"state": "value", "value": value}
    for comment in entry.get("comments", ()):
        said[comment["by"], comment["item"]]["comment"] = comment["text"]
    for shown in entry.get("evidence", ()):
        said[shown["by"], shown["item"]]["link"] = shown["url"]
    order = {key: number for number, key in enumerate(questionnaire.items)}
    found: dict[str, list[Given]] = {}
    for (person, item), fields in sorted(said.items(), key=lambda row: order[row[0][1]]):
        found.setdefault(person, []).append(Given(person, item, AnswerContent(**fields)))
    return found


def first_answers(
    entry: Entry, person: Entry, questionnaire: Questionnaire
) -> list[tuple[Item, AnswerContent]]:
    """The first answers of somebody who stopped, by the pattern that the file gives for the person."""
    rules = entry["partial_answers"]
    pattern, confidence = rules["pattern"][person["id"]], CONFIDENCES[rules["confidence"]]
    routed = [item for item in questionnaire.items_for(person["function"]) if item.kind == "maturity"]
    return [
        (item, _by_pattern(pattern[number % len(pattern)], confidence))
        for number, item in enumerate(routed[: person["answered"]])
    ]


def _by_pattern(level: int | str, confidence: str) -> AnswerContent:
    if isinstance(level, int):
        return AnswerContent("level", level, None, confidence)
    return AnswerContent("dont_know")


def _level(short: str) -> dict[str, Any]:
    level, confidence = read_level(short)
    if level is None:
        return {"state": "dont_know"}
    return {"state": "level", "level": level, "confidence": confidence}
