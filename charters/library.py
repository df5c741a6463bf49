"""Typical criteria by problem type, as records that a new criterion can begin with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from charters.content import Content
from charters.criteria import COMPARATOR_WORDS, Comparator


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to choose: key in the address, name, what it says, the typical target, and the record."""

    key: str
    name: str
    says: str
    typical: str
    record: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Entries of one kind under a question."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """What is offered for a problem type; `types` are (id, name) of all types."""

    type_id: str
    type_name: str
    shelves: tuple[Shelf, ...]
    types: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    def entry(self, key: str) -> Entry | None:
        return next((entry for shelf in self.shelves for entry in shelf.entries if entry.key == key), None)


def library_for(problem_type: str, content: Content) -> Library:
    """The shelves for a problem type; without one: what every charter may carry."""
    found = content.problem_types.get(problem_type)
    shared = content.library
    figures = {entry["id"]: entry for entry in shared["business_figures"]}
    business = (
        [figures[key] for key in found["business"] if key in figures] if found else list(figures.values())
    )
    shelves = (
        Shelf(
            "Which figures of the model?",
            _metrics("metric", "tracked_metric", found["metrics"] if found else ()),
        ),
        Shelf("What would the business notice?", tuple(_business(entry) for entry in business)),
        Shelf(
            "What must hold throughout?",
            _metrics("guard", "guard_rail", found["guard_rails"] if found else ())
            + _metrics("shared", "guard_rail", shared["shared_guard_rails"]),
        ),
        Shelf("What is to be learned?", tuple(_question(entry) for entry in shared["learning_questions"])),
    )
    return Library(
        type_id=problem_type if found else "",
        type_name=found["name"] if found else "",
        shelves=tuple(shelf for shelf in shelves if shelf.entries),
        types=tuple((entry["id"], entry["name"]) for entry in content.problem_types.values()),
    )


def _metrics(prefix: str, kind: str, entries: Any) -> tuple[Entry, ...]:
    return tuple(_metric(f"{prefix}-{at}", kind, entry) for at, entry in enumerate(entries))


def _metric(key: str, kind: str, entry: Mapping[str, Any]) -> Entry:
    start = entry.get("start")
    comparator = _comparator(entry)
    record = {
        "kind": kind,
        "name": entry["name"],
        "metric_key": entry["key"],
        "comparator": comparator,
        "unit": entry["unit"],
    }
    if start is None:
        return Entry(key, entry["name"], entry.get("says", ""), "", record)
    typical = f"{COMPARATOR_WORDS[Comparator(comparator)]} {start}"
    return Entry(key, entry["name"], entry.get("says", ""), typical, record | {"target": str(start)})


def _business(entry: Mapping[str, Any]) -> Entry:
    record = {
        "kind": "business_figure",
        "name": entry["name"],
        "metric_key": entry["id"],
        "comparator": _comparator(entry),
        "unit": entry["unit"],
        "source": entry["source"],
    }
    return Entry(
        f"figure-{entry['id']}", entry["name"], f"In {entry['unit']}, from {entry['source']}.", "", record
    )


def _question(entry: Mapping[str, Any]) -> Entry:
    record = {"kind": "learning_question", "question": entry["question"], "evidence": entry["evidence"]}
    return Entry(f"question-{entry['id']}", entry["question"], f"Proof: {entry['evidence']}.", "", record)


def _comparator(entry: Mapping[str, Any]) -> str:
    return "at_least" if entry["direction"] == "higher" else "at_most"
