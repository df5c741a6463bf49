"""From where an organization stands and what it wishes to what the planner is asked. Pure.

The pages and the headless command both build their problem here, so that the same answers and the same
wishes give the same input hash and the same plan.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assessment.question_bank import Questionnaire
from roadmap.catalogue import Catalogue, GateRow, gate_rows
from roadmap.levels import Point
from roadmap.plan import Plan
from roadmap.problem import Fixed, PlanProblem, Previous, first_monday
from roadmap.wishes import PlanWishes

Day = datetime.date
DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Work:
    """An initiative that has begun. `until`: its last day if it is done, else the day that is expected."""

    key: str
    started_on: Day
    until: Day | None
    done: bool


@dataclass(frozen=True)
class Ground:
    """Where an organization stands. `capacity` is the roster's, or the defaults where that is empty.

    taken_in, left_out, pins: choices by hand that every plan follows. `route` is the one that those asked
    prefer. The catalogue holds the organization's own initiatives.
    """

    catalogue: Catalogue
    gates: tuple[GateRow, ...]
    titles: Mapping[str, str]
    levels: Mapping[str, int]
    unknown: tuple[Point, ...]
    capacity: Mapping[str, int]
    route: str = ""
    work: tuple[Work, ...] = ()
    taken_in: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    pins: Mapping[str, Day] = field(default_factory=dict)
    poc_decided: bool = False


def ground_of_questionnaire(
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    *,
    levels: Mapping[str, int],
    unknown: Sequence[Point],
    capacity: Mapping[str, int],
    route: str = "",
) -> Ground:
    """The ground of a scored questionnaire before anything has begun or been chosen."""
    return Ground(
        catalogue=catalogue,
        gates=gate_rows(questionnaire),
        titles={item.key: f"“{item.text}”" for item in questionnaire.maturity_items},
        levels=dict(levels),
        unknown=tuple(sorted(unknown)),
        capacity=dict(capacity),
        route=route,
    )


def build_problem(
    ground: Ground, wishes: PlanWishes, *, today: Day, previous: Plan | None = None
) -> PlanProblem:
    """What the planner is asked.

    Nothing new starts before the first Monday on or after `today`. `previous` is the plan that a replan
    keeps to. Raises ProblemError with a sentence for what cannot be planned with.
    """
    zero = wishes.week_zero
    fixed = {work.key: _fixed(work, ground, zero, today, previous) for work in ground.work}
    pins, taken_in, left_out = _choices(ground, wishes, set(fixed), today)
    return PlanProblem(
        catalogue=ground.catalogue,
        gates=ground.gates,
        start=wishes.start,
        target_phase=wishes.target_phase,
        levels=ground.levels,
        capacity={**ground.capacity, **wishes.capacity},
        budget=wishes.budget,
        by_week=wishes.by_week,
        at_once=dict(wishes.at_once),
        pins=pins,
        forced_in=taken_in,
        forced_out=left_out,
        done=tuple(fixed[work.key] for work in ground.work if work.done),
        running=tuple(fixed[work.key] for work in ground.work if not work.done),
        unknown=tuple(point for point in ground.unknown if point not in wishes.assumed),
        preferred_route=wishes.preferred_route,
        poc_decided=ground.poc_decided,
        day_rates=dict(wishes.day_rates),
        not_before=max(0, week_of(first_monday(today), zero)),
        at_least={key: week_of(day, zero) for key, day in wishes.at_least.items() if key not in fixed},
        previous=_previous(previous, zero) if previous else None,
        dropped=wishes.dropped,
        assumed=wishes.assumed,
        titles=ground.titles,
    )


def week_of(day: Day, zero: Day) -> int:
    """The week that a day falls in; negative before week 0."""
    return (day - zero).days // DAYS_PER_WEEK


def _fixed(work: Work, ground: Ground, zero: Day, today: Day, previous: Plan | None) -> Fixed:
    """The weeks of work that has begun. What runs late ends at the end of this week at the earliest."""
    start = week_of(work.started_on, zero)
    if work.until is not None:
        end = week_of(work.until, zero) + 1
    else:
        planned = previous.by_key.get(work.key) if previous else None
        usual = ground.catalogue.by_key[work.key].duration_weeks
        end = start + (planned.end_week - planned.start_week if planned else usual)
    if not work.done:
        end = max(end, week_of(today, zero) + 1)
    return Fixed(work.key, start, max(end, start + 1))


def _choices(
    ground: Ground, wishes: PlanWishes, begun: set[str], today: Day
) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    """Pins, taken in and left out of what has not begun. A wish goes before a choice of the organization.

    A week that was set and has passed binds no longer; the initiative stays taken in.
    """
    known = ground.catalogue.by_key
    wished_in, wished_out = set(wishes.taken_in) | set(wishes.pins), set(wishes.left_out)
    aside = set(wishes.set_aside)
    left_out = (set(ground.left_out) - wished_in - aside) | wished_out
    agreed = {key: day for key, day in ground.pins.items() if key not in aside | set(wishes.at_least)}
    days = {**agreed, **wishes.pins}
    pins = {
        key: week_of(day, wishes.week_zero)
        for key, day in days.items()
        if key in known and key not in begun and key not in left_out and day >= first_monday(today)
    }
    passed = {key for key in days if key not in pins}
    taken_in = ((set(ground.taken_in) - aside) | set(wishes.taken_in) | passed) - left_out
    return (
        pins,
        tuple(sorted(key for key in taken_in if key in known and key not in begun)),
        tuple(sorted(key for key in left_out if key in known and key not in begun)),
    )


def _previous(plan: Plan, zero: Day) -> Previous:
    """The plan before in the weeks of the new one."""
    shift = week_of(Day.fromisoformat(plan.week_zero), zero)
    starts = tuple((item.key, item.start_week + shift) for item in plan.items if item.state == "planned")
    return Previous(starts, None if plan.poc_week is None else plan.poc_week + shift)
