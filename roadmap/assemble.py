"""From what the search found to a plan that explains itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from roadmap.catalogue import LAST_PHASE, PILLARS, Initiative
from roadmap.explain import departures, limits, name_of, why, why_now
from roadmap.plan import (
    FEASIBLE,
    INFEASIBLE,
    NOTHING_TO_DO,
    OPTIMAL,
    OPTIMAL_FOR_POOL,
    GateWeek,
    Objective,
    PhaseWeek,
    Plan,
    PlanItem,
)
from roadmap.problem import PlanProblem
from roadmap.scope import Scope
from roadmap.search import SEED, Found
from roadmap.timeline import Spans, Timeline, shift_left, timeline


def nothing_to_do(scope: Scope) -> bool:
    """Whether every gate holds, a POC is decided or not asked for, and nobody wants anything more."""
    problem = scope.problem
    running_poc = any(initiative.is_poc for initiative in scope.running)
    return not scope.required and not scope.wanted and (running_poc or not problem.poc_required)


def hopeless(scope: Scope) -> list[str]:
    """Sentences about what no order, money or time can reach with this input; empty if there is hope."""
    problem = scope.problem
    known = {initiative.key for initiative in scope.candidates}
    reasons = [
        f"Nothing that may be planned brings {name_of(problem, row.item)} to level {row.level}"
        f" by week {problem.by_week}."
        for row in scope.missing()
    ]
    for key in scope.wanted:
        if key not in known:
            title = problem.catalogue.by_key[key].title
            reasons.append(f"{title} was taken in by hand, but cannot be done by week {problem.by_week}.")
    pocs = [i for i in (*scope.candidates, *scope.running) if i.is_poc]
    if problem.poc_required and not pocs:
        reasons.append(f"No POC can be decided by week {problem.by_week}.")
    return reasons


def assemble(
    scope: Scope, found: Found, solver: str, *, nothing: bool = False, impossible: Sequence[str] = ()
) -> Plan:
    """Shifts items as early as they can go (not for a replan, which keeps weeks), then explains all of it."""
    problem = scope.problem
    spans = {key: (start, start + scope.duration(key)) for key, start in found.starts.items()}
    spans |= {key: (item.start, item.end) for key, item in problem.fixed.items()}
    spans = _pruned(problem, spans)
    if found.starts and problem.previous is None:
        spans = shift_left(problem, spans)
    line = timeline(problem, spans)
    items = tuple(_item(problem, line, spans, key) for key in sorted(spans, key=lambda k: (spans[k], k)))
    complete = bool(found.feasible)
    weeks = [line.week((row.item, row.level)) for row in problem.open_gates]
    target_week = _last(weeks, problem) if complete else None
    poc_week = _poc_week(problem, items)
    status = NOTHING_TO_DO if nothing else _status(scope, found)
    return Plan(
        status=status,
        sentence=_sentence(problem, status, found, target_week),
        week_zero=problem.week_zero.isoformat(),
        target_phase=problem.target_phase,
        by_week=problem.by_week,
        objectives=_measured(problem, found, items, line),
        items=items,
        gates=_gates(problem, line),
        phases=_phases(problem, line),
        poc_week=poc_week,
        target_week=target_week,
        cost_low=sum(item.cost_low for item in items),
        cost_high=sum(item.cost_high for item in items),
        effort=_effort(items),
        limits=limits(problem, items, spans, target_week) if target_week is not None else (),
        next_items=_next_items(problem, spans),
        departures=departures(problem, items, poc_week) if complete and found.starts else (),
        impossible=tuple(impossible),
        pool=len(scope.candidates) if scope.reduced else 0,
        solver=solver,
        seed=SEED,
        input_hash=problem.input_hash,
    )


def _pruned(problem: PlanProblem, spans: Spans) -> dict[str, tuple[int, int]]:
    """Without items that nothing makes use of, which a search that ran out of its limit may leave behind."""
    kept = dict(spans)
    while True:
        line = timeline(problem, kept)
        idle = [key for key in sorted(kept) if key not in problem.fixed and not why(problem, line, kept, key)]
        if not idle:
            return kept
        del kept[idle[0]]


def _status(scope: Scope, found: Found) -> str:
    if not found.feasible:
        return INFEASIBLE
    if not all(objective.proven for objective in found.objectives):
        return FEASIBLE
    return OPTIMAL_FOR_POOL if scope.reduced else OPTIMAL


def _sentence(problem: PlanProblem, status: str, found: Found, target_week: int | None) -> str:
    if status == NOTHING_TO_DO:
        return f"Phase {problem.target_phase} is reached already; nothing has to be planned for it."
    if status == INFEASIBLE:
        proof = (
            ""
            if found.feasible is False
            else " within the limit of the search; that there is none is not proven"
        )
        return f"No plan reaches phase {problem.target_phase} with these dates, people and money{proof}."
    missing = [objective.name for objective in found.objectives if not objective.proven]
    quality = "It is proven that no plan is better in any of its objectives."
    if status == OPTIMAL_FOR_POOL:
        quality = "No plan from the pool of initiatives that was searched is better in any objective."
    elif missing:
        quality = (
            f"Not proven to be the best possible: {', '.join(name.replace('_', ' ') for name in missing)}."
        )
    return f"Phase {problem.target_phase} is reached in week {target_week}. {quality}"


def _last(weeks: Sequence[int | None], problem: PlanProblem) -> int:
    return max((week for week in weeks if week is not None), default=problem.not_before)


def _poc_week(problem: PlanProblem, items: Sequence[PlanItem]) -> int | None:
    weeks = [item.decision_week for item in items if item.decision_week is not None and item.state != "done"]
    return min(weeks, default=None) if problem.poc_required else None


def _item(problem: PlanProblem, line: Timeline, spans: Spans, key: str) -> PlanItem:
    initiative = problem.catalogue.by_key[key]
    fact = key in problem.fixed
    effort_cost = problem.cost(initiative) - initiative.cost_high
    return PlanItem(
        key=key,
        title=initiative.title,
        pillar=initiative.pillar,
        phase=initiative.phase,
        kind=initiative.kind,
        audience=initiative.audience,
        start_week=spans[key][0],
        end_week=spans[key][1],
        state=_state(problem, key),
        cost_low=initiative.cost_low + effort_cost,
        cost_high=initiative.cost_high + effort_cost,
        effort=dict(initiative.effort),
        demand=problem.demand(initiative),
        why=why(problem, line, spans, key),
        why_now=() if fact else why_now(problem, line, spans, key),
        without_effect=tuple(sorted(item for name, item in line.without_effect if name == key)),
    )


def _state(problem: PlanProblem, key: str) -> str:
    if any(item.key == key for item in problem.done):
        return "done"
    return "running" if key in problem.fixed else "planned"


def _measured(
    problem: PlanProblem, found: Found, items: Sequence[PlanItem], line: Timeline
) -> tuple[Objective, ...]:
    """The objectives with the values of the plan as it stands, which a shift may have improved."""
    planned = [item for item in items if item.state == "planned"]
    gate_weeks = sum(row.weight * (line.week((row.item, row.level)) or 0) for row in problem.open_gates)
    now: Mapping[str, int] = {
        "gate_weeks": gate_weeks,
        "starts": sum(item.start_week for item in planned),
        "cost": sum(problem.cost(problem.catalogue.by_key[item.key]) for item in planned),
        "items": len(planned),
    }
    return tuple(
        replace(
            objective,
            value=max(objective.bound, min(objective.value, now.get(objective.name, objective.value))),
        )
        for objective in found.objectives
    )


def _gates(problem: PlanProblem, line: Timeline) -> tuple[GateWeek, ...]:
    return tuple(
        GateWeek(
            item=row.item,
            level=row.level,
            phase=row.phase,
            pillar=row.pillar,
            weight=row.weight,
            week=line.week((row.item, row.level)),
            known=(row.item, row.level) not in problem.unknown,
            closed_by=line.by.get((row.item, row.level), ""),
        )
        for row in problem.counted_gates
    )


def _phases(problem: PlanProblem, line: Timeline) -> tuple[PhaseWeek, ...]:
    """Per pillar and for the whole organization, the week from which each phase holds."""
    found = []
    for pillar in ("", *PILLARS):
        for phase in range(2, LAST_PHASE + 1):
            rows = [row for row in problem.counted_gates if row.phase <= phase and pillar in ("", row.pillar)]
            weeks = [line.week((row.item, row.level)) for row in rows]
            known = [week for week in weeks if week is not None]
            week = max(known, default=problem.not_before) if len(known) == len(weeks) else None
            found.append(PhaseWeek(pillar, phase, week))
    return tuple(found)


def _effort(items: Sequence[PlanItem]) -> dict[str, int]:
    """Hundredths of a person-week by role for everything that is not done yet."""
    total: dict[str, int] = {}
    for item in items:
        if item.state != "done":
            for role, amount in item.effort.items():
                total[role] = total.get(role, 0) + amount
    return dict(sorted(total.items()))


def _next_items(problem: PlanProblem, spans: Spans) -> tuple[str, ...]:
    """What comes after the target: initiatives done while in the target phase that are not planned yet."""

    def comes_next(initiative: Initiative) -> bool:
        return (
            initiative.phase == problem.target_phase
            and initiative.tag != "own_choice"
            and initiative.key not in spans
            and initiative.key not in problem.forced_out
        )

    return tuple(initiative.key for initiative in problem.catalogue.initiatives if comes_next(initiative))
