"""A plan as a value: what is done when, why, what it reaches and how sure the planner is of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from roadmap.problem import canonical_json

OPTIMAL = "optimal"
OPTIMAL_FOR_POOL = "optimal_for_pool"
FEASIBLE = "feasible"
INFEASIBLE = "infeasible"
NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True)
class Objective:
    """One stage of the search: the value reached and the best value that was not ruled out."""

    name: str
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.value == self.bound


@dataclass(frozen=True)
class Reason:
    """Why an item is in the plan or why it starts when it starts.

    kind: gate, need, prerequisite, entry, poc, wish (why); start, entry, need, prerequisite, role, audience,
    pin, not_before, kept (why now). ref: the item, initiative, role or audience that it names, with the level
    where it speaks of an item. week: of the gate, of the user's start, or the week that was waited for.
    """

    kind: str
    ref: str
    sentence: str
    level: int | None = None
    week: int | None = None


@dataclass(frozen=True)
class PlanItem:
    """An initiative in the plan. State: planned, running or done. Demand: hundredths of an FTE per week."""

    key: str
    title: str
    pillar: str
    phase: int
    kind: str
    audience: str
    start_week: int
    end_week: int
    state: str
    cost_low: int
    cost_high: int
    effort: Mapping[str, int]
    demand: Mapping[str, int]
    why: tuple[Reason, ...]
    why_now: tuple[Reason, ...]
    without_effect: tuple[str, ...] = ()

    @property
    def decision_week(self) -> int | None:
        """A POC ends with its decision: the last of its weeks."""
        return self.end_week - 1 if self.kind == "poc" else None


@dataclass(frozen=True)
class GateWeek:
    """Week from which a gate holds; None: not within this plan. `known` is false for a "don't know"."""

    item: str
    level: int
    phase: int
    pillar: str
    weight: int
    week: int | None
    known: bool
    closed_by: str = ""


@dataclass(frozen=True)
class PhaseWeek:
    """Week from which all gates up to a phase hold, for a pillar or (pillar "") the whole organization."""

    pillar: str
    phase: int
    week: int | None


@dataclass(frozen=True)
class Limit:
    """What keeps the plan from being shorter. share: part used until the target holds, 0 to 1."""

    kind: str
    ref: str
    weeks: int
    share: float
    sentence: str


@dataclass(frozen=True)
class Departure:
    """Where the plan departs from early wins and several small bets."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Plan:
    """The answer to one `PlanProblem`. Costs are whole currency units; weeks count from `week_zero`."""

    status: str
    sentence: str
    week_zero: str
    target_phase: int
    by_week: int
    objectives: tuple[Objective, ...]
    items: tuple[PlanItem, ...]
    gates: tuple[GateWeek, ...]
    phases: tuple[PhaseWeek, ...]
    poc_week: int | None
    target_week: int | None
    cost_low: int
    cost_high: int
    effort: Mapping[str, int]
    limits: tuple[Limit, ...]
    next_items: tuple[str, ...]
    departures: tuple[Departure, ...]
    impossible: tuple[str, ...]
    pool: int
    solver: str
    seed: int
    input_hash: str

    @cached_property
    def by_key(self) -> dict[str, PlanItem]:
        return {item.key: item for item in self.items}

    @property
    def found(self) -> bool:
        return self.status in (OPTIMAL, OPTIMAL_FOR_POOL, FEASIBLE, NOTHING_TO_DO)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data with every field."""
        return asdict(self)

    def to_json(self) -> str:
        """Canonical JSON: the same plan gives the same bytes."""
        return canonical_json(self.to_dict())


def plan_from_dict(data: Mapping[str, Any]) -> Plan:
    """The inverse of `Plan.to_dict`, also after a round trip through JSON."""
    plain = dict(data)
    plain["items"] = tuple(_item(item) for item in plain["items"])
    for name, kind in _PARTS.items():
        plain[name] = tuple(kind(**part) for part in plain[name])
    for name in ("next_items", "impossible"):
        plain[name] = tuple(plain[name])
    return Plan(**plain)


_PARTS: dict[str, Any] = {
    "objectives": Objective,
    "gates": GateWeek,
    "phases": PhaseWeek,
    "limits": Limit,
    "departures": Departure,
}


def _item(data: Mapping[str, Any]) -> PlanItem:
    plain = dict(data)
    for name in ("why", "why_now"):
        plain[name] = tuple(Reason(**reason) for reason in plain[name])
    plain["without_effect"] = tuple(plain["without_effect"])
    return PlanItem(**plain)
