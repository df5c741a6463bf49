"""Reads the charter's content from fixtures: rules, routes with their clauses, parties, typical criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from charters.fields import Value
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SEVERITIES = ("note", "advise", "block")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of completeness or balance. `floor` is the mildest severity that an organization may choose."""

    id: str
    severity: str
    floor: str
    sentence: str
    when: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that a route calls for. `required_when` is empty where it is always or never required."""

    id: str
    label: str
    help: str
    why: str
    required: bool
    required_when: str
    kind: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """A condition under which a route fits, with its points, or (0 points) one that rules it out."""

    id: str
    when: str
    sentence: str
    points: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    id: str
    name: str
    sentence: str
    clauses: tuple[Clause, ...]
    fits: tuple[Fit, ...] = ()
    excluded: tuple[Fit, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """A kind of seat at the table; `step` is the step in which it signs unless the charter says otherwise."""

    id: str
    name: str
    sentence: str
    required: str
    empty_seat: str
    answers_for: tuple[str, ...]
    asks: str
    step: int


@dataclass(frozen=True, slots=True)
class Content:
    rules: Mapping[str, Rule]
    routes: Mapping[str, Route]
    parties: Mapping[str, Party]
    metric_keys: frozenset[str]
    metric_units: Mapping[str, str]
    problem_types: Mapping[str, Any]
    library: Mapping[str, Any]

    def step_of(self, party: str, chosen: int) -> int:
        """The step in which a seat signs: the chosen one, else that of its party, else the first."""
        return chosen or (self.parties[party].step if party in self.parties else 1)

    def name_of(self, party: str) -> str:
        return self.parties[party].name if party in self.parties else party

    def of_route(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        """The fields without the clauses that the chosen route does not call for."""
        route = self.routes.get(str(fields.get("route", "")))
        called = {f"clause.{clause.id}" for clause in route.clauses} if route else set()
        return {
            name: value
            for name, value in fields.items()
            if name in called or name.partition(".")[0] != "clause"
        }


@cache
def content() -> Content:
    """The content as shipped. Raises KeyError or ValueError if a file does not have its shape."""
    library = _load("criteria_library.yaml")
    units = _metric_units(library)
    return Content(
        rules=load_rules("charter"),
        routes={entry["id"]: _route(entry) for entry in _load("routes.yaml")["routes"]},
        parties={entry["id"]: _party(entry) for entry in _load("parties.yaml")["parties"]},
        metric_keys=frozenset(key for key, unit in units.items() if unit == "fraction"),
        metric_units=units,
        problem_types={entry["id"]: entry for entry in library["types"]},
        library=library,
    )


@cache
def journey_names() -> dict[str, str]:
    """What a result can inform, in words by key: the questions as shipped, in quotes, and the initiatives."""
    asked = {entry["key"]: f"“{entry['text']}”" for entry in _load("questionnaires/readiness.yaml")["items"]}
    planned = {entry["key"]: entry["title"] for entry in _load("initiatives/standard.yaml")["initiatives"]}
    return {**asked, **planned}


@cache
def role_names() -> dict[str, str]:
    """The name of each role by its key."""
    return {entry["id"]: entry["name"] for entry in _load("roles.yaml")["roles"]}


def load_rules(scope: str) -> dict[str, Rule]:
    """The rules of a scope (charter, plan, portfolio) by id. Raises ValueError for an unknown severity."""
    rules = {}
    for entry in _load("rules.yaml")[scope]:
        floor = entry.get("floor") or ("advise" if entry["severity"] == "block" else "note")
        rule = Rule(entry["id"], entry["severity"], floor, entry["sentence"], entry["when"])
        if rule.severity not in SEVERITIES or rule.floor not in SEVERITIES:
            raise ValueError(f"rules.yaml: {rule.id}: severity and floor are one of {', '.join(SEVERITIES)}")
        rules[rule.id] = rule
    return rules


def _load(name: str) -> Any:
    # The loader in C, where there is one: the questionnaire takes a second in Python.
    return load_yaml(FIXTURES / name)


def _route(entry: Mapping[str, Any]) -> Route:
    return Route(
        id=entry["id"],
        name=entry["name"],
        sentence=entry["sentence"],
        clauses=tuple(_clause(clause) for clause in entry["clauses"]),
        fits=tuple(Fit(fit["id"], fit["when"], fit["sentence"], fit["points"]) for fit in entry["fits"]),
        excluded=tuple(Fit(fit["id"], fit["when"], fit["sentence"]) for fit in entry["excluded_when"]),
    )


def _clause(entry: Mapping[str, Any]) -> Clause:
    return Clause(
        id=entry["id"],
        label=entry["label"],
        help=entry["help"],
        why=entry["why"],
        required=bool(entry.get("required")),
        required_when=entry.get("required_when", ""),
        kind=entry["kind"],
        options=tuple((key, label) for key, label in entry.get("options", {}).items()),
    )


def _party(entry: Mapping[str, Any]) -> Party:
    return Party(
        id=entry["id"],
        name=entry["name"],
        sentence=entry["sentence"],
        required=entry["required"],
        empty_seat=entry["empty_seat"],
        answers_for=tuple(entry["answers_for"]),
        asks=entry["asks"],
        step=entry["step"],
    )


def _metric_units(library: Mapping[str, Any]) -> dict[str, str]:
    """The unit in which each figure of the library is logged, by its key."""
    groups = [library["shared_guard_rails"]]
    for entry in library["types"]:
        groups += [entry["metrics"], entry["guard_rails"]]
    units = {item["key"]: item["unit"] for group in groups for item in group}
    return units | {item["id"]: item["unit"] for item in library["business_figures"]}
