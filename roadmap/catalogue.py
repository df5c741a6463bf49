"""The catalogue of initiatives: what it says, and how it is read from content.

`load_catalogue` reads YAML, checks its form and, when it is given the gates, proves by `catalogue_rules` that
every gate can be reached. `Catalogue.from_dict` reads what `to_dict` wrote and checks its form only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from assessment.content_yaml import ContentError, Fields, Node, Problem, Problems, as_node, read_yaml
from assessment.question_bank import Questionnaire
from roadmap.catalogue_rules import check_references, find_cycle, prove_gates, wrong_tags

__all__ = [
    "AUDIENCES",
    "PILLARS",
    "ROLES",
    "Catalogue",
    "ContentError",
    "GateRow",
    "Initiative",
    "Lift",
    "Need",
    "Problem",
    "gate_rows",
    "load_catalogue",
    "parse_catalogue",
]

PILLARS = ("strategy", "data", "culture", "team")
ROLES = (
    "data_scientist",
    "ml_engineer",
    "technical_program_manager",
    "data_engineer",
    "software_development_engineer",
    "business_leader",
    "business_information_analyst",
)
ABBREVIATIONS = {"ml": "ML"}
AUDIENCES = ("leaders", "technical", "business")
ROUTES = ("vendor", "internal", "collaborative")
TAGS = ("", "next", "own_choice")
HIGHEST_LEVEL = 4
LAST_PHASE = 3
UNITS_PER_THOUSAND = 1000

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_ITEM = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class GateRow(NamedTuple):
    """A gate as the roadmap reads it: `item` must stand at `level` for `pillar` to be in `phase`.

    `weight` is a whole number from 1 up and says how much an early week matters.
    """

    item: str
    level: int
    phase: int
    pillar: str
    weight: int


def gate_rows(questionnaire: Questionnaire) -> tuple[GateRow, ...]:
    """The gates of a questionnaire as the roadmap reads them, in its order."""
    return tuple(
        GateRow(gate.item, gate.level, gate.phase, gate.pillar, max(1, round(gate.weight)))
        for gate in questionnaire.gates
    )


@dataclass(frozen=True)
class Lift:
    """Raises `item` to `to_level`, provided that it stood at `from_level` or higher at the start."""

    item: str
    from_level: int
    to_level: int


@dataclass(frozen=True)
class Need:
    """`item` must stand at `level` or higher before the start, however it got there."""

    item: str
    level: int


@dataclass(frozen=True)
class Initiative:
    """One piece of work. `effort`: hundredths of a person-week by role; costs: whole currency units."""

    key: str
    title: str
    pillar: str
    phase: int
    kind: str
    audience: str
    duration_weeks: int
    lifts: tuple[Lift, ...]
    needs: tuple[Need, ...] = ()
    prerequisites: tuple[str, ...] = ()
    effort: tuple[tuple[str, int], ...] = ()
    cost_low: int = 0
    cost_high: int = 0
    one_of: str = ""
    route: str = ""
    time_box_weeks: int = 0
    tag: str = ""
    why: str = ""
    done_when: str = ""
    sources: tuple[str, ...] = ()

    @property
    def is_poc(self) -> bool:
        return self.kind == "poc"

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences whose attention it takes; `all` takes that of each."""
        return AUDIENCES if self.audience == "all" else (self.audience,)


@dataclass(frozen=True)
class Catalogue:
    """All initiatives from which plans are made, in the order of the file."""

    version: int
    currency: str
    sized_for: str
    phases: tuple[tuple[int, str, str], ...]
    initiatives: tuple[Initiative, ...]

    @cached_property
    def by_key(self) -> dict[str, Initiative]:
        return {initiative.key: initiative for initiative in self.initiatives}

    def extended(self, own: Iterable[Initiative]) -> Catalogue:
        """The same catalogue with an organization's own initiatives, which replace those of the same key."""
        merged = {**self.by_key, **{initiative.key: initiative for initiative in own}}
        return Catalogue(self.version, self.currency, self.sized_for, self.phases, tuple(merged.values()))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `from_dict` is its inverse."""
        return {
            "version": self.version,
            "currency": self.currency,
            "cost_unit": "one",
            "sized_for": self.sized_for,
            "phases": [{"phase": p, "name": name, "sentence": text} for p, name, text in self.phases],
            "initiatives": [initiative_to_dict(initiative) for initiative in self.initiatives],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, name: str = "catalogue") -> Catalogue:
        """Reads what `to_dict` wrote. Raises ContentError when the form is wrong."""
        problems = Problems(name)
        catalogue = _build(as_node(data), problems)
        problems.raise_if_any()
        return catalogue

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of the content, in hexadecimal."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def initiative_to_dict(initiative: Initiative) -> dict[str, Any]:
    """One entry as in the file, with costs in whole units and without empty fields."""
    plain: dict[str, Any] = {
        name: getattr(initiative, name)
        for name in (
            *(
                "key",
                "title",
                "pillar",
                "phase",
                "kind",
                "audience",
                "duration_weeks",
                "cost_low",
                "cost_high",
            ),
            *("one_of", "route", "time_box_weeks", "tag", "why", "done_when"),
        )
    }
    plain["lifts"] = [{"item": x.item, "from": x.from_level, "to": x.to_level} for x in initiative.lifts]
    plain["needs"] = [{"item": need.item, "level": need.level} for need in initiative.needs]
    plain["prerequisites"] = list(initiative.prerequisites)
    plain["effort"] = {role: hundredths / 100 for role, hundredths in initiative.effort}
    plain["sources"] = list(initiative.sources)
    kept = ("cost_low", "cost_high", "lifts", "effort")
    return {name: value for name, value in plain.items() if name in kept or value not in ("", 0, [])}


def load_catalogue(
    path: Path, *, gates: Sequence[GateRow] = (), items: Mapping[str, int] | None = None
) -> Catalogue:
    """Reads and checks a file, see `parse_catalogue`. Raises ContentError with all problems, or OSError."""
    return parse_catalogue(path.read_bytes(), name=path.name, gates=gates, items=items)


def parse_catalogue(
    text: str | bytes,
    *,
    name: str,
    gates: Sequence[GateRow] = (),
    items: Mapping[str, int] | None = None,
) -> Catalogue:
    """Reads and checks YAML.

    `items` maps the item keys that exist to their highest level; None leaves them unchecked. With `gates`
    the reachability of every gate from level 0 and the tags are proven. Raises ContentError with all
    problems, each with file, line and key.
    """
    problems = Problems(name)
    root = read_yaml(text, problems)
    problems.raise_if_any()
    root = root or Node({}, 1)
    catalogue = _build(root, problems)
    problems.raise_if_any()
    lines = _lines(root)
    for key, message in check_references(catalogue.initiatives, items):
        problems.add(lines.get(key, 1), key, message)
    cycle = find_cycle(catalogue.initiatives)
    if cycle:
        problems.add(lines[cycle[0]], cycle[0], f"waits for itself: {' waits for '.join(cycle)}")
    problems.raise_if_any()
    if gates:
        for key, message in (
            *prove_gates(catalogue.initiatives, gates),
            *wrong_tags(catalogue.initiatives, gates),
        ):
            problems.add(lines.get(key, 1), key, message)
        problems.raise_if_any()
    return catalogue


def _build(root: Node, problems: Problems) -> Catalogue:
    top = Fields(root, "", problems)
    if not isinstance(root.value, dict):
        problems.add(root.line, "", "must be an entry with the fields of a catalogue")
    factor = UNITS_PER_THOUSAND if top.choice("cost_unit", ("one", "thousand")) == "thousand" else 1
    initiatives = top.each("initiatives", lambda fields: read_initiative(fields, factor), most=2000)
    _refuse_repeated(top, initiatives)
    result = Catalogue(
        version=top.integer("version", low=1, high=100_000),
        currency=top.text("currency", limit=3),
        sized_for=top.text("sized_for", required=False),
        phases=tuple(top.each("phases", _read_phase, most=LAST_PHASE)),
        initiatives=tuple(initiatives),
    )
    top.finish()
    return result


def _refuse_repeated(top: Fields, initiatives: Sequence[Initiative]) -> None:
    seen: set[str] = set()
    for initiative in initiatives:
        if initiative.key in seen:
            top.refuse("initiatives", f"the key {initiative.key!r} stands there twice")
        seen.add(initiative.key)


def _read_phase(fields: Fields) -> tuple[int, str, str]:
    phase = fields.integer("phase", low=1, high=LAST_PHASE)
    result = (phase, fields.text("name", limit=80), fields.text("sentence"))
    fields.strings("sources", required=False)
    fields.finish()
    return result


def read_initiative(fields: Fields, cost_factor: int) -> Initiative:
    """One entry; problems are added to `fields.problems`. `cost_factor` turns the file's costs into units."""
    result = Initiative(
        key=fields.key("key", _KEY, "gather_problem_ideas"),
        title=fields.text("title", limit=120),
        pillar=fields.choice("pillar", PILLARS),
        phase=fields.integer("phase", low=1, high=LAST_PHASE),
        kind=fields.choice("kind", ("practice", "poc")),
        audience=fields.choice("audience", (*AUDIENCES, "all")),
        duration_weeks=fields.integer("duration_weeks", low=1, high=104),
        lifts=tuple(fields.each("lifts", _read_lift, most=20)),
        needs=tuple(fields.each("needs", _read_need, required=False, most=20)),
        prerequisites=fields.strings("prerequisites", required=False, limit=120),
        effort=_read_effort(fields),
        cost_low=round(fields.number("cost_low", low=0, high=1e9) * cost_factor),
        cost_high=round(fields.number("cost_high", low=0, high=1e9) * cost_factor),
        one_of=fields.text("one_of", limit=120, required=False),
        route=fields.choice("route", ROUTES) if fields.has("route") else "",
        time_box_weeks=fields.integer("time_box_weeks", low=0, high=103, default=0),
        tag=fields.text("tag", limit=20, required=False),
        why=fields.text("why"),
        done_when=fields.text("done_when"),
        sources=fields.strings("sources", required=False),
    )
    _check_initiative(fields, result)
    fields.finish()
    return result


def _check_initiative(fields: Fields, initiative: Initiative) -> None:
    if initiative.cost_low > initiative.cost_high:
        fields.refuse("cost_low", "is above cost_high")
    if initiative.tag not in TAGS:
        fields.refuse("tag", f"{initiative.tag!r} is not one of next, own_choice")
    if initiative.is_poc and not initiative.route:
        fields.refuse("route", "missing; a POC names vendor, internal or collaborative")
    if initiative.is_poc and initiative.duration_weeks != initiative.time_box_weeks + 1:
        fields.refuse("duration_weeks", "must be the time box and one week for the decision")
    if not initiative.is_poc and (initiative.route or initiative.time_box_weeks):
        fields.refuse("kind", "only a POC has a route and a time box")
    if initiative.key in initiative.prerequisites:
        fields.refuse("prerequisites", "waits for itself")


def _read_level(fields: Fields, name: str, low: int) -> int:
    return fields.integer(name, low=low, high=HIGHEST_LEVEL)


def _read_lift(fields: Fields) -> Lift:
    item = fields.key("item", _ITEM, "strategy.value_case.baseline")
    lift = Lift(item, _read_level(fields, "from", 0), _read_level(fields, "to", 1))
    if lift.from_level >= lift.to_level:
        fields.refuse("to", "must be above from")
    fields.finish()
    return lift


def _read_need(fields: Fields) -> Need:
    need = Need(fields.key("item", _ITEM, "strategy.value_case.baseline"), _read_level(fields, "level", 1))
    fields.finish()
    return need


def _read_effort(fields: Fields) -> tuple[tuple[str, int], ...]:
    """Hundredths of a person-week by role, in the order of ROLES, roles without effort left out."""
    entry = fields.entry("effort")
    if entry is None:
        return ()
    hundredths = [
        (role, round(entry.number(role, low=0, high=1000, default=0.0) * 100))
        for role in ROLES
        if entry.has(role)
    ]
    entry.known.update(ROLES)
    entry.finish()
    return tuple((role, amount) for role, amount in hundredths if amount)


def people_of(role: str) -> str:
    """The people of a role inside a sentence: "ml_engineer" gives "ML engineers"."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in f"{role}s".split("_"))


def _lines(root: Node) -> dict[str, int]:
    """The line of each initiative by key."""
    lines: dict[str, int] = {}
    top = root.value if isinstance(root.value, dict) else {}
    entries = top["initiatives"].value if "initiatives" in top else []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry.value, dict) and "key" in entry.value:
            lines[str(entry.value["key"].value)] = entry.line
    return lines
