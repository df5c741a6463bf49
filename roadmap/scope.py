"""What a plan may choose from: the initiatives and points that can matter, and how early each can come.

Everything left out here is left out without loss: it cannot start, cannot help to reach what is asked for,
or is excluded by the input. The result is in one order only (by key), so that models built from it are equal.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from roadmap.catalogue import GateRow, Initiative
from roadmap.levels import Point, entry_gates, prerequisite_points, reach, serves_point, stands, useful
from roadmap.problem import PlanProblem

NEVER = math.inf


@dataclass(frozen=True)
class Scope:
    """`candidates` may be planned, `running` are fixed and still raise levels. `providers` of a point are the
    keys of candidates and running initiatives. `earliest` and `earliest_point` are lower bounds in weeks."""

    problem: PlanProblem
    required: tuple[GateRow, ...]
    candidates: tuple[Initiative, ...]
    running: tuple[Initiative, ...]
    wanted: tuple[str, ...]
    points: tuple[Point, ...]
    providers: Mapping[Point, tuple[str, ...]]
    earliest: Mapping[str, int]
    earliest_point: Mapping[Point, int]
    poc_by_wish: bool
    reduced: bool = False
    by_key: Mapping[str, Initiative] = field(default_factory=dict)

    def duration(self, key: str) -> int:
        weeks = self.problem.duration(self.by_key[key])
        assert weeks is not None  # noqa: S101 - what has no duration is no candidate
        return weeks

    def open_entry(self, initiative: Initiative) -> list[Point]:
        """Points of the phase entry that do not stand yet."""
        rows = entry_gates(initiative, self.problem.counted_gates)
        return [(row.item, row.level) for row in rows if not self.holds((row.item, row.level))]

    def holds(self, point: Point) -> bool:
        return stands(self.problem.now, *point)

    def missing(self) -> list[GateRow]:
        """Required gates that nothing in scope reaches within the horizon."""
        return [row for row in self.required if (row.item, row.level) not in self.providers]


def make_scope(problem: PlanProblem, *, only: Collection[str] | None = None) -> Scope:
    """`only` restricts the candidates to a pool of keys (and all that is wanted)."""
    wanted = tuple(sorted((set(problem.pins) | set(problem.forced_in)) - set(problem.fixed)))
    allowed = _allowed(problem, wanted)
    if only is not None:
        allowed = [initiative for initiative in allowed if initiative.key in only or initiative.key in wanted]
    by_key = problem.catalogue.by_key
    running = tuple(by_key[item.key] for item in sorted(problem.running, key=lambda item: item.key))
    poc_by_wish = _poc_by_wish(problem, allowed)
    seeds = [*wanted, *(i.key for i in allowed if i.is_poc and poc_by_wish)]
    goals = [(row.item, row.level) for row in problem.open_gates]
    use = useful(allowed, problem.now, problem.counted_gates, goals, seeds=seeds, done=problem.fixed)
    kept = sorted((i for i in allowed if i.key in use.keys), key=lambda i: i.key)
    earliest, earliest_point = earliest_weeks(problem, kept, running)
    kept = [i for i in kept if earliest[i.key] + (problem.duration(i) or 0) <= problem.by_week]
    points = sorted(point for point in use.points if earliest_point.get(point, NEVER) <= problem.by_week)
    return Scope(
        problem=problem,
        required=problem.open_gates,
        candidates=tuple(kept),
        running=running,
        wanted=wanted,
        points=tuple(points),
        providers={point: _providers(point, kept, running) for point in points},
        earliest={i.key: int(earliest[i.key]) for i in kept},
        earliest_point={point: int(earliest_point[point]) for point in points},
        poc_by_wish=poc_by_wish,
        reduced=only is not None,
        by_key={i.key: i for i in (*kept, *running)},
    )


def _providers(
    point: Point, candidates: Sequence[Initiative], running: Sequence[Initiative]
) -> tuple[str, ...]:
    return tuple(initiative.key for initiative in (*candidates, *running) if serves_point(initiative, *point))


def _allowed(problem: PlanProblem, wanted: Sequence[str]) -> list[Initiative]:
    """What the input permits: below the target phase, or wanted, or needed across pillars."""
    possible = [
        initiative
        for initiative in problem.catalogue.initiatives
        if initiative.key not in problem.fixed
        and initiative.key not in problem.forced_out
        and problem.duration(initiative) is not None
        and not _variant_taken(problem, initiative)
    ]
    possible = _of_preferred_route(problem, possible, wanted)
    lower = [i for i in possible if i.phase < problem.target_phase or i.key in wanted]
    if _all_in_reach(problem, lower, wanted):
        return lower
    return possible


def _all_in_reach(problem: PlanProblem, usable: Sequence[Initiative], wanted: Sequence[str]) -> bool:
    running = [problem.catalogue.by_key[item.key] for item in problem.running]
    result = reach([*usable, *running], problem.now, problem.counted_gates, done=problem.fixed)
    levels = dict(result.levels)
    for initiative in running:
        for lift in initiative.lifts:
            levels[lift.item] = max(levels.get(lift.item, 0), lift.to_level)
    result = reach(usable, levels, problem.counted_gates, done=problem.fixed)
    gates = all(stands(result.levels, row.item, row.level) for row in problem.open_gates)
    return gates and all(key in result.doable for key in wanted)


def _variant_taken(problem: PlanProblem, initiative: Initiative) -> bool:
    """Whether another member of its `one_of` set is done, running or pinned."""
    if not initiative.one_of:
        return False
    others = (*problem.fixed, *problem.pins, *problem.forced_in)
    return any(
        problem.catalogue.by_key[key].one_of == initiative.one_of for key in others if key != initiative.key
    )


def _of_preferred_route(
    problem: PlanProblem, possible: Sequence[Initiative], wanted: Sequence[str]
) -> list[Initiative]:
    """POCs of the preferred route only, in each set of variants that has one."""
    preferred = {i.one_of for i in possible if i.route == problem.preferred_route and i.one_of}
    if not problem.preferred_route:
        return list(possible)
    return [
        i
        for i in possible
        if not (
            i.is_poc and i.one_of in preferred and i.route != problem.preferred_route and i.key not in wanted
        )
    ]


def _poc_by_wish(problem: PlanProblem, allowed: Sequence[Initiative]) -> bool:
    """Whether a POC has to be asked for: false where an open gate is reached by POCs only, for then it is
    there anyway and a second one would be planned merely to have the first decision earlier."""
    if not problem.poc_required or any(problem.catalogue.by_key[item.key].is_poc for item in problem.running):
        return False
    for row in problem.open_gates:
        serving = [i for i in allowed if serves_point(i, row.item, row.level)]
        if serving and all(initiative.is_poc for initiative in serving):
            return False
    return True


def earliest_weeks(
    problem: PlanProblem, candidates: Sequence[Initiative], running: Sequence[Initiative]
) -> tuple[dict[str, float], dict[Point, float]]:
    """The earliest start of each candidate and week of each point if nothing but the rules took time: a
    lower bound, as capacity, attention and money are left out. NEVER where something cannot come at all."""
    starts: dict[str, float] = {initiative.key: NEVER for initiative in candidates}
    weeks: dict[Point, float] = {}
    for initiative in running:
        for lift in initiative.lifts:
            if stands(problem.now, lift.item, lift.from_level):
                _lower(weeks, problem, lift.item, lift.to_level, problem.fixed[initiative.key].end)
    changed = True
    while changed:
        changed = False
        for initiative in candidates:
            week = _earliest_start(problem, initiative, starts, weeks)
            if week >= starts[initiative.key]:
                continue
            starts[initiative.key] = week
            changed = True
        for initiative in candidates:
            end = starts[initiative.key] + (problem.duration(initiative) or 0)
            for lift in initiative.lifts:
                if _week_of(problem, weeks, (lift.item, lift.from_level)) <= starts[initiative.key] < NEVER:
                    changed = _lower(weeks, problem, lift.item, lift.to_level, end) or changed
                elif starts[initiative.key] < NEVER:
                    late = (
                        _week_of(problem, weeks, (lift.item, lift.from_level)) + end - starts[initiative.key]
                    )
                    changed = _lower(weeks, problem, lift.item, lift.to_level, late) or changed
    return starts, weeks


def _lower(weeks: dict[Point, float], problem: PlanProblem, item: str, level: int, week: float) -> bool:
    """Notes that the item can stand at every level up to `level` from the week on."""
    changed = False
    for lower in range(problem.now.get(item, 0) + 1, level + 1):
        if week < weeks.get((item, lower), NEVER):
            weeks[(item, lower)] = week
            changed = True
    return changed


def _week_of(problem: PlanProblem, weeks: Mapping[Point, float], point: Point) -> float:
    return problem.not_before if stands(problem.now, *point) else weeks.get(point, NEVER)


def _earliest_start(
    problem: PlanProblem,
    initiative: Initiative,
    starts: Mapping[str, float],
    weeks: Mapping[Point, float],
) -> float:
    if initiative.key in problem.pins:
        floor: float = problem.pins[initiative.key]
    else:
        floor = max(problem.not_before, problem.at_least.get(initiative.key, 0))
    points = [(row.item, row.level) for row in entry_gates(initiative, problem.counted_gates)]
    points += [(need.item, need.level) for need in initiative.needs]
    ready = max((_week_of(problem, weeks, point) for point in points), default=floor)
    for key in initiative.prerequisites:
        ready = max(ready, _earliest_done(problem, key, starts, weeks))
    return max(floor, ready)


def _earliest_done(
    problem: PlanProblem, key: str, starts: Mapping[str, float], weeks: Mapping[Point, float]
) -> float:
    """When a prerequisite is met: by being done, or because all that it lifts stands there anyway."""
    if key in problem.fixed:
        return problem.fixed[key].end
    initiative = problem.catalogue.by_key[key]
    points = prerequisite_points(initiative)
    by_levels = max((_week_of(problem, weeks, point) for point in points), default=NEVER)
    by_doing = starts.get(key, NEVER) + (problem.duration(initiative) or 0)
    return min(by_levels, by_doing)
