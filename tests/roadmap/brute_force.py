"""The best plan of a tiny problem by trying every choice of initiatives and every start week.

Written from the rules and from nothing else: no code of the planner or the checker is used.
"""

from __future__ import annotations

from itertools import product

from roadmap.catalogue import Initiative
from roadmap.problem import PlanProblem

Schedule = dict[str, tuple[int, int]]
Score = tuple[int, ...]


def best(problem: PlanProblem) -> Score | None:
    """(POC week if asked for, target week, cost, weighted gate weeks, items, sum of starts), or None."""
    initiatives = problem.catalogue.initiatives
    options = [_options(problem, entry) for entry in initiatives]
    scores = (
        score(
            problem,
            {
                entry.key: (start, start + entry.duration_weeks)
                for entry, start in zip(initiatives, starts, strict=True)
                if start is not None
            },
        )
        for starts in product(*options)
    )
    return min((found for found in scores if found is not None), default=None)


def _options(problem: PlanProblem, entry: Initiative) -> list[int | None]:
    """The start weeks that may be tried for an initiative; None: not in the plan."""
    if entry.key in problem.pins:
        return [problem.pins[entry.key]]
    if entry.key in problem.forced_out:
        return [None]
    low = max(problem.not_before, problem.at_least.get(entry.key, 0))
    weeks: list[int | None] = list(range(low, problem.by_week - entry.duration_weeks + 1))
    return weeks if entry.key in problem.forced_in else [None, *weeks]


def score(problem: PlanProblem, schedule: Schedule) -> Score | None:
    """The objectives of a schedule; None if it breaks a rule or misses the target."""
    by_key = problem.catalogue.by_key
    names = [by_key[key].one_of for key in schedule if by_key[key].one_of]
    spend = sum(by_key[key].cost_high for key in schedule)
    if len(names) != len(set(names)) or (problem.budget is not None and spend > problem.budget):
        return None
    if not _fits(problem, schedule):
        return None
    reached = _replay(problem, schedule)
    if reached is None:
        return None
    required = [gate for gate in problem.gates if gate.phase <= problem.target_phase]
    weeks = {}
    for gate in required:
        if problem.levels.get(gate.item, 0) >= gate.level:
            continue
        if (gate.item, gate.level) not in reached:
            return None
        weeks[gate] = reached[gate.item, gate.level]
    pocs = [schedule[key][1] - 1 for key in schedule if by_key[key].kind == "poc"]
    if not problem.poc_decided and not pocs:
        return None
    first = () if problem.poc_decided else (min(pocs),)
    target = (max(weeks.values(), default=0),) if weeks else ()
    total = sum(gate.weight * week for gate, week in weeks.items())
    return (*first, *target, spend, total, len(schedule), sum(start for start, _ in schedule.values()))


def _fits(problem: PlanProblem, schedule: Schedule) -> bool:
    by_key = problem.catalogue.by_key
    for week in range(problem.by_week):
        running = [by_key[key] for key, (start, end) in schedule.items() if start <= week < end]
        for audience in ("leaders", "technical", "business"):
            asked = sum(entry.audience in (audience, "all") for entry in running)
            if asked > problem.at_once.get(audience, 2):
                return False
        for role, capacity in problem.capacity.items():
            demand = [-(-dict(entry.effort).get(role, 0) // entry.duration_weeks) for entry in running]
            if sum(demand) > capacity:
                return False
    return True


def _replay(problem: PlanProblem, schedule: Schedule) -> dict[tuple[str, int], int] | None:
    by_key = problem.catalogue.by_key
    levels = dict(problem.levels)
    reached: dict[tuple[str, int], int] = {}
    active: dict[str, list[tuple[str, int]]] = {}
    for week in range(problem.by_week + 1):
        for key in [key for key in active if schedule[key][1] == week]:
            for item, level in active[key]:
                for step in range(levels.get(item, 0) + 1, level + 1):
                    reached[item, step] = week
                levels[item] = max(levels.get(item, 0), level)
        for key, (start, _) in schedule.items():
            if start != week:
                continue
            if not _may_start(problem, schedule, levels, key):
                return None
            active[key] = [
                (lift.item, lift.to_level)
                for lift in by_key[key].lifts
                if levels.get(lift.item, 0) >= lift.from_level
            ]
    return reached


def _may_start(problem: PlanProblem, schedule: Schedule, levels: dict[str, int], key: str) -> bool:
    by_key = problem.catalogue.by_key
    entry = by_key[key]
    for gate in problem.gates:
        mine = gate.pillar == entry.pillar and gate.phase <= entry.phase
        if mine and levels.get(gate.item, 0) < gate.level:
            return False
    if any(levels.get(need.item, 0) < need.level for need in entry.needs):
        return False
    for other in entry.prerequisites:
        stands = all(levels.get(lift.item, 0) >= lift.to_level for lift in by_key[other].lifts)
        finished = other in schedule and schedule[other][1] <= schedule[key][0]
        if not stands and not finished:
            return False
    return True
