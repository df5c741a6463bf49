"""What a change of the plan would cost: the problem is solved again and the two plans are compared."""

from __future__ import annotations

from dataclasses import dataclass

from roadmap.levels import Point
from roadmap.plan import Plan
from roadmap.planner import plan
from roadmap.problem import PlanProblem
from roadmap.search import Cancelled, Progress


@dataclass(frozen=True)
class WhatIf:
    """The difference to the plan at hand: weeks later (negative: earlier) and whole currency units more.

    possible is false where no plan is left; then the differences are None. `plan` is the other plan.
    """

    question: str
    possible: bool
    poc_weeks: int | None
    target_weeks: int | None
    cost: int | None
    added: tuple[str, ...]
    left_out: tuple[str, ...]
    moved: tuple[str, ...]
    sentence: str
    plan: Plan


def drop(
    problem: PlanProblem,
    before: Plan,
    key: str,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> WhatIf:
    """What leaving one planned item out would cost."""
    changed = problem.with_changes(
        forced_out=(*problem.forced_out, key),
        forced_in=tuple(name for name in problem.forced_in if name != key),
        pins={name: week for name, week in problem.pins.items() if name != key},
    )
    question = f"Without {before.by_key[key].title}"
    return compare(question, before, plan(changed, progress=progress, cancelled=cancelled))


def delay(
    problem: PlanProblem,
    before: Plan,
    key: str,
    weeks: int,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> WhatIf:
    """What starting one planned item later by at least so many weeks would cost."""
    item = before.by_key[key]
    changed = problem.with_changes(
        at_least={**problem.at_least, key: item.start_week + weeks},
        forced_in=tuple(sorted({*problem.forced_in, key})),
        pins={name: week for name, week in problem.pins.items() if name != key},
    )
    question = f"With {item.title} {_weeks(weeks)} later"
    return compare(question, before, plan(changed, progress=progress, cancelled=cancelled))


def know(
    problem: PlanProblem,
    before: Plan,
    gate: Point,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> WhatIf:
    """What a gate that nobody knows to hold costs: the plan if it turned out to hold."""
    changed = problem.with_changes(
        assumed=(*problem.assumed, gate), unknown=tuple(point for point in problem.unknown if point != gate)
    )
    return compare("If it turned out to hold", before, plan(changed, progress=progress, cancelled=cancelled))


def compare(question: str, before: Plan, after: Plan) -> WhatIf:
    """The difference between two plans, the second of which answers the question."""
    starts = {item.key: item.start_week for item in before.items}
    others = {item.key: item.start_week for item in after.items}
    poc = _difference(before.poc_week, after.poc_week)
    target = _difference(before.target_week, after.target_week)
    money = after.cost_high - before.cost_high if after.found else None
    return WhatIf(
        question=question,
        possible=after.found,
        poc_weeks=poc,
        target_weeks=target,
        cost=money,
        added=tuple(key for key in others if key not in starts),
        left_out=tuple(key for key in starts if key not in others) if after.found else (),
        moved=tuple(key for key, week in others.items() if key in starts and starts[key] != week),
        sentence=_sentence(question, after, poc, target, money),
        plan=after,
    )


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def _sentence(question: str, after: Plan, poc: int | None, target: int | None, money: int | None) -> str:
    if not after.found:
        return f"{question} there is no plan: the target phase is out of reach."
    parts = []
    for name, weeks in (("the first POC decision", poc), ("the target phase", target)):
        if weeks:
            parts.append(f"{name} comes {_weeks(abs(weeks))} {'later' if weeks > 0 else 'earlier'}")
    if money:
        parts.append(f"the plan costs {abs(money):,} {'more' if money > 0 else 'less'}")
    return f"{question}, {_listed(parts) if parts else 'the dates and the cost stay as they are'}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _weeks(count: int) -> str:
    return "1 week" if count == 1 else f"{count} weeks"
