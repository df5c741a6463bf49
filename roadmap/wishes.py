"""What a person asks of a plan: the form's fields as one value that is stored with the plan. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from roadmap.catalogue import AUDIENCES, ROLES, ROUTES
from roadmap.levels import Point
from roadmap.problem import DEFAULT_AT_ONCE, DEFAULT_BY_WEEK, ProblemError, first_monday

Day = datetime.date
DAYS_PER_WEEK = 7
FROM_FRIDAY = 3


@dataclass(frozen=True)
class PlanWishes:
    """What was asked for; everything left out takes its default.

    by: last day for the target phase, None for the default of 104 weeks. budget: whole currency units, None
    for no limit. capacity: hundredths of an FTE a week by role, in place of the roster's figure. at_once: by
    audience. pins, at_least: initiative to the Monday of its start, or of its earliest start. dropped: gates
    that do not count; assumed: gates taken as holding. taken_in, left_out: beside the organization's choices;
    set_aside: initiatives whose choices by the organization this plan does not follow.
    """

    start: Day
    target_phase: int
    by: Day | None = None
    budget: int | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    at_once: Mapping[str, int] = field(default_factory=dict)
    preferred_route: str = ""
    day_rates: Mapping[str, int] = field(default_factory=dict)
    taken_in: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    pins: Mapping[str, Day] = field(default_factory=dict)
    at_least: Mapping[str, Day] = field(default_factory=dict)
    dropped: tuple[Point, ...] = ()
    assumed: tuple[Point, ...] = ()
    set_aside: tuple[str, ...] = ()

    @property
    def week_zero(self) -> Day:
        return first_monday(self.start)

    @property
    def by_week(self) -> int:
        """Weeks whose Friday lies on or before the by-date. Raises ProblemError when there are none."""
        if self.by is None:
            return DEFAULT_BY_WEEK
        weeks = ((self.by - self.week_zero).days + FROM_FRIDAY) // DAYS_PER_WEEK
        if weeks < 1:
            raise ProblemError("The by-date must lie on or after the first Friday of the plan.")
        return weeks

    @property
    def by_day(self) -> Day:
        """The by-date, also where it was left to the default."""
        return self.by or self.week_zero + datetime.timedelta(weeks=DEFAULT_BY_WEEK)

    def limit(self, audience: str) -> int:
        return self.at_once.get(audience, DEFAULT_AT_ONCE)

    def with_changes(self, **changes: Any) -> PlanWishes:
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `wishes_from_dict` is its inverse."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["start"] = self.start.isoformat()
        plain["by"] = self.by.isoformat() if self.by else None
        for name in ("pins", "at_least"):
            plain[name] = {key: day.isoformat() for key, day in sorted(plain[name].items())}
        for name in ("capacity", "at_once", "day_rates"):
            plain[name] = dict(sorted(plain[name].items()))
        for name in ("taken_in", "left_out", "set_aside"):
            plain[name] = sorted(plain[name])
        for name in ("dropped", "assumed"):
            plain[name] = sorted([item, level] for item, level in plain[name])
        return plain


def wishes_from_dict(data: Mapping[str, Any]) -> PlanWishes:
    """Reads what `to_dict` wrote."""
    plain = dict(data)
    plain["start"] = Day.fromisoformat(plain["start"])
    plain["by"] = Day.fromisoformat(plain["by"]) if plain.get("by") else None
    for name in ("pins", "at_least"):
        plain[name] = {key: Day.fromisoformat(day) for key, day in plain.get(name, {}).items()}
    for name in ("taken_in", "left_out", "set_aside"):
        plain[name] = tuple(plain.get(name, ()))
    for name in ("dropped", "assumed"):
        plain[name] = tuple((item, level) for item, level in plain.get(name, ()))
    return PlanWishes(**plain)


MOST_CAPACITY = 10_000
MOST_AT_ONCE = 20
MOST_MONEY = 10**12
MOST_RATE = 100_000
NAME_OF_LIMIT = {"leaders": "Leaders", "technical": "Technical staff", "business": "Business side"}


def complaints(wishes: PlanWishes, today: Day, *, replanning: bool = False) -> dict[str, str]:
    """What cannot be planned with, by field, each with what is allowed; empty when all is well.

    A replan keeps the start of the plan before, however long ago that was.
    """
    found: dict[str, str] = {}
    earliest, latest = today - datetime.timedelta(days=366), today + datetime.timedelta(days=3 * 366)
    if not (replanning or earliest <= wishes.start) or wishes.start > latest:
        found["start"] = f"Choose a day from {_day(earliest)} to {_day(latest)}."
    if wishes.target_phase not in (1, 2, 3):
        found["target_phase"] = "Choose phase 1, 2 or 3."
    if wishes.by is not None and "start" not in found:
        found.update(_by_complaint(wishes, today))
    if wishes.budget is not None and not 0 <= wishes.budget <= MOST_MONEY:
        found["budget"] = f"Give a whole amount from 0 to {MOST_MONEY:,}."
    if wishes.preferred_route not in ("", *ROUTES):
        found["preferred_route"] = f"Choose {', '.join(ROUTES)} or none."
    found.update(_figures("capacity", wishes.capacity, ROLES, MOST_CAPACITY))
    found.update(_figures("day_rates", wishes.day_rates, ROLES, MOST_RATE))
    found.update(_figures("at_once", wishes.at_once, AUDIENCES, MOST_AT_ONCE))
    return found


def _day(value: Day) -> str:
    return f"{value.day} {value:%b %Y}"


def _by_complaint(wishes: PlanWishes, today: Day) -> dict[str, str]:
    first = max(wishes.week_zero, first_monday(today)) + datetime.timedelta(days=4)
    last = wishes.week_zero + datetime.timedelta(weeks=520)
    if wishes.by is not None and not first <= wishes.by <= last:
        past = " lies in the past;" if wishes.by < today else ""
        return {
            "by": f"{_day(wishes.by)}{past or ' is not possible;'} choose a day from "
            f"{_day(first)} to {_day(last)}."
        }
    return {}


def _figures(name: str, given: Mapping[str, int], known: tuple[str, ...], most: int) -> dict[str, str]:
    for key, value in given.items():
        if key not in known:
            return {name: f"{key!r} is not one of {', '.join(known)}."}
        if not 0 <= value <= most:
            return {name: f"{key}: give a whole number from 0 to {most:,}."}
    return {}
