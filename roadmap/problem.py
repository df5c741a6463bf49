"""What a plan is asked for: one value with everything the planner reads, and what follows from it directly.

Weeks are whole numbers counted from week 0, the first Monday on or after the start date. Ends are exclusive:
an initiative of 3 weeks that starts in week 4 ends in week 7 and its lifts count from week 7 on.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from roadmap.catalogue import AUDIENCES, ROLES, Catalogue, GateRow, Initiative
from roadmap.levels import Point, stands

DEFAULT_BY_WEEK = 104
DEFAULT_AT_ONCE = 2
WORKING_DAYS = 5
WEEKS_PER_CHANGE = 8
"""An item that a replan drops or adds counts as this many weeks moved."""


class ProblemError(ValueError):
    """The input cannot be planned with; the message is a sentence for a person."""


@dataclass(frozen=True)
class Fixed:
    """An initiative whose weeks are a fact: done or running. `end` is exclusive; weeks may be negative."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Previous:
    """The plan that a replan starts from: planned start weeks in the weeks of the new problem."""

    starts: tuple[tuple[str, int], ...]
    poc_week: int | None = None


@dataclass(frozen=True)
class PlanProblem:
    """All inputs of a plan.

    capacity: hundredths of an FTE per week by role; roles left out have none. budget: whole currency units,
    None for no limit. levels: the current level of each item (0 where missing) with consensus and done work
    of earlier rounds folded in. unknown: gates (item, level) that nobody knows to hold; they count as not
    holding. day_rates: currency units per person-day by role. not_before: the first week in which something
    new may start. at_least: earliest start week of single initiatives. dropped: gates that do not count.
    assumed: gates taken as holding, to see what a "don't know" costs. titles: how sentences name the items.
    """

    catalogue: Catalogue
    gates: tuple[GateRow, ...]
    start: datetime.date
    target_phase: int
    levels: Mapping[str, int] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)
    budget: int | None = None
    by_week: int = DEFAULT_BY_WEEK
    at_once: Mapping[str, int] = field(default_factory=dict)
    pins: Mapping[str, int] = field(default_factory=dict)
    forced_in: tuple[str, ...] = ()
    forced_out: tuple[str, ...] = ()
    done: tuple[Fixed, ...] = ()
    running: tuple[Fixed, ...] = ()
    unknown: tuple[Point, ...] = ()
    preferred_route: str = ""
    poc_decided: bool = False
    day_rates: Mapping[str, int] = field(default_factory=dict)
    not_before: int = 0
    at_least: Mapping[str, int] = field(default_factory=dict)
    previous: Previous | None = None
    dropped: tuple[Point, ...] = ()
    assumed: tuple[Point, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def week_zero(self) -> datetime.date:
        """The Monday of week 0."""
        return first_monday(self.start)

    def monday(self, week: int) -> datetime.date:
        return self.week_zero + datetime.timedelta(weeks=week)

    def limit(self, audience: str) -> int:
        """How many initiatives may ask for the attention of an audience in one week."""
        return self.at_once.get(audience, DEFAULT_AT_ONCE)

    @cached_property
    def fixed(self) -> dict[str, Fixed]:
        return {item.key: item for item in (*self.done, *self.running)}

    @cached_property
    def counted_gates(self) -> tuple[GateRow, ...]:
        """The gates without those that were dropped."""
        return tuple(gate for gate in self.gates if (gate.item, gate.level) not in self.dropped)

    @cached_property
    def open_gates(self) -> tuple[GateRow, ...]:
        """Gates up to the target phase that do not hold, in the order given."""
        return tuple(
            gate
            for gate in self.counted_gates
            if gate.phase <= self.target_phase and not stands(self.now, gate.item, gate.level)
        )

    @cached_property
    def now(self) -> dict[str, int]:
        """Levels at the start: the current ones, raised by what was done since (a fixpoint).

        An item whose gate is unknown counts below that gate's level.
        """
        levels = dict(self.levels)
        for item, level in self.unknown:
            levels[item] = min(levels.get(item, 0), level - 1)
        for item, level in self.assumed:
            levels[item] = max(levels.get(item, 0), level)
        changed = True
        while changed:
            changed = False
            for entry in self.done:
                for lift in self.catalogue.by_key[entry.key].lifts:
                    rises = (
                        stands(levels, lift.item, lift.from_level)
                        and levels.get(lift.item, 0) < lift.to_level
                    )
                    if rises:
                        levels[lift.item] = lift.to_level
                        changed = True
        return levels

    @property
    def poc_required(self) -> bool:
        """Whether the plan must hold a POC: for phases 2 and 3, unless one has been decided."""
        decided = self.poc_decided or any(self.catalogue.by_key[item.key].is_poc for item in self.done)
        return self.target_phase > 1 and not decided

    def duration(self, initiative: Initiative) -> int | None:
        """Weeks that it takes with this capacity; None where a role that it asks for has none.

        Where a role has less than the weekly demand, the shortest duration at which the demand fits.
        """
        if initiative.key in self.fixed:
            return self.fixed[initiative.key].end - self.fixed[initiative.key].start
        weeks = initiative.duration_weeks
        for role, hundredths in initiative.effort:
            available = self.capacity.get(role, 0)
            if available <= 0:
                return None
            weeks = max(weeks, _ceil(hundredths, available))
        return weeks

    def demand(self, initiative: Initiative) -> dict[str, int]:
        """Hundredths of an FTE per week by role, rounded up."""
        weeks = self.duration(initiative)
        return {role: _ceil(amount, weeks) for role, amount in initiative.effort} if weeks else {}

    def cost(self, initiative: Initiative) -> int:
        """High end of the external spend, and its effort at the day rates that are given."""
        effort = sum(
            amount * WORKING_DAYS * self.day_rates.get(role, 0) for role, amount in initiative.effort
        )
        return initiative.cost_high + _ceil(effort, 100)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data in one order only; the catalogue is named by its hash."""
        plain = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "catalogue"}
        plain["catalogue"] = self.catalogue.content_hash
        plain["start"] = self.start.isoformat()
        plain["gates"] = [list(gate) for gate in self.gates]
        plain["done"] = sorted([*asdict(item).values()] for item in self.done)
        plain["running"] = sorted([*asdict(item).values()] for item in self.running)
        plain["previous"] = asdict(self.previous) if self.previous else None
        for name in ("forced_in", "forced_out", "unknown", "dropped", "assumed"):
            plain[name] = sorted(plain[name])
        for name in ("levels", "capacity", "at_once", "pins", "day_rates", "at_least", "titles"):
            plain[name] = dict(sorted(plain[name].items()))
        return plain

    @cached_property
    def input_hash(self) -> str:
        """SHA-256 of the canonical JSON of all inputs, in hexadecimal."""
        return hashlib.sha256(canonical_json(self.to_dict()).encode()).hexdigest()

    def with_changes(self, **changes: Any) -> PlanProblem:
        return replace(self, **changes)


def canonical_json(value: Any) -> str:
    """JSON text in one form only: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def first_monday(day: datetime.date) -> datetime.date:
    """The first Monday on or after the day."""
    return day + datetime.timedelta(days=-day.weekday() % 7)


def _ceil(amount: int, parts: int) -> int:
    return -(-amount // parts)


def _check(problem: PlanProblem) -> None:
    for message in _complaints(problem):
        raise ProblemError(message)


def _complaints(problem: PlanProblem) -> Iterator[str]:
    yield from _bad_names(problem)
    if problem.target_phase not in (1, 2, 3):
        yield "The target phase is 1, 2 or 3."
    if not 1 <= problem.by_week <= 520:
        yield "The by-date lies between 1 and 520 weeks after the start."
    if problem.budget is not None and problem.budget < 0:
        yield "The budget cannot be negative."
    if any(role not in ROLES or hundredths < 0 for role, hundredths in problem.capacity.items()):
        yield "Capacity is given in hundredths of an FTE for the seven roles."
    if any(name not in AUDIENCES or limit < 0 for name, limit in problem.at_once.items()):
        yield "The limit of initiatives at once is given for leaders, technical and business."


def _bad_names(problem: PlanProblem) -> Iterator[str]:
    known = problem.catalogue.by_key
    named = (*problem.pins, *problem.forced_in, *problem.forced_out, *problem.at_least)
    fixed = [item.key for item in (*problem.done, *problem.running)]
    for key in (*named, *fixed):
        if key not in known:
            yield f"{key!r} is not an initiative of the catalogue."
    if len(fixed) != len(set(fixed)):
        yield "An initiative is named twice among those that are done or running."
    if not set(fixed) <= set(known):
        return
    for item in (*problem.done, *problem.running):
        if item.end <= item.start:
            yield f"{known[item.key].title} ends before it starts."
    for key, week in problem.pins.items():
        if key in known and week < problem.not_before:
            yield f"{known[key].title} is set to week {week}, which has passed."
    for key in (*problem.pins, *problem.forced_in):
        if key in known and key in problem.forced_out:
            yield f"{known[key].title} is both taken in and left out."
