"""The questions by which use cases are scored, read from fixtures/use_cases.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
AXES = ("worth", "feasibility")
LEVELS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an axis: five sentences from level 0 up, and a weight of at least 0."""

    id: str
    axis: str
    question: str
    weight: float
    levels: tuple[str, ...]
    filled_from: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that does not score. `kind` is choice, multiple or text; `options` are (key, words)."""

    id: str
    question: str
    kind: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A mark or a quadrant with its words; `kind` of a mark is stopper, warning or mark."""

    id: str
    name: str
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Rubric:
    questions: Mapping[str, tuple[Question, ...]]
    facts: Mapping[str, Fact]
    marks: Mapping[str, Sentence]
    quadrants: Mapping[str, Sentence]

    def question(self, question_id: str) -> Question | None:
        return next((item for axis in AXES for item in self.questions[axis] if item.id == question_id), None)


@cache
def rubric() -> Rubric:
    """The rubric as shipped. Raises ValueError if a question has not five levels or a negative weight."""
    content = load_yaml(FIXTURES / "use_cases.yaml")
    return Rubric(
        questions={axis: tuple(_question(axis, entry) for entry in content[axis]) for axis in AXES},
        facts={entry["id"]: _fact(entry) for entry in content["facts"]},
        marks={entry["id"]: _sentence(entry) for entry in content["marks"]},
        quadrants={entry["id"]: _sentence(entry) for entry in content["quadrants"]},
    )


@cache
def portfolio_sentences() -> Mapping[str, tuple[str, str]]:
    """Severity and sentence of each portfolio rule, by id."""
    content = load_yaml(FIXTURES / "rules.yaml")
    return {entry["id"]: (entry["severity"], entry["sentence"]) for entry in content["portfolio"]}


def _question(axis: str, entry: Mapping[str, Any]) -> Question:
    if sorted(entry["levels"]) != list(range(LEVELS)) or entry["weight"] < 0:
        raise ValueError(f"use_cases.yaml: {entry['id']} needs the levels 0 to 4 and a weight of 0 or more")
    return Question(
        id=entry["id"],
        axis=axis,
        question=entry["question"],
        weight=float(entry["weight"]),
        levels=tuple(entry["levels"][level] for level in range(LEVELS)),
        filled_from=entry.get("filled_from", ""),
    )


def _fact(entry: Mapping[str, Any]) -> Fact:
    options = entry.get("options", {})
    pairs = options.items() if isinstance(options, Mapping) else ((key, _words(key)) for key in options)
    return Fact(
        entry["id"], entry["question"], entry["kind"], tuple((str(key), str(label)) for key, label in pairs)
    )


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _sentence(entry: Mapping[str, Any]) -> Sentence:
    return Sentence(entry["id"], entry.get("name", ""), entry.get("kind", ""), entry["sentence"])
