"""What a schedule does over time: levels as lifts come in, load on people, and how early each item could be.

Works on spans {key: (start, end)} of everything in a plan, done and running work included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from roadmap.catalogue import Initiative
from roadmap.levels import Point, entry_gates, prerequisite_points, stands
from roadmap.problem import PlanProblem

Spans = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Timeline:
    """`weeks`: from when each point holds that did not hold at the start; `by`: which initiative brought it
    about; `without_effect`: (initiative, item) of lifts whose `from` was not reached at the start."""

    problem: PlanProblem
    weeks: Mapping[Point, int]
    by: Mapping[Point, str]
    without_effect: frozenset[tuple[str, str]]

    def week(self, point: Point) -> int | None:
        """Week from which the point holds; the first plannable week if it holds now, None if never."""
        if stands(self.problem.now, *point):
            return self.problem.not_before
        return self.weeks.get(point)


def timeline(problem: PlanProblem, spans: Spans) -> Timeline:
    """Lets lifts take effect in the order of their ends. What is done is in the levels already."""
    levels = dict(problem.now)
    weeks: dict[Point, int] = {}
    by: dict[Point, str] = {}
    idle: set[tuple[str, str]] = set()
    done = {item.key for item in problem.done}
    active = {key: span for key, span in spans.items() if key not in done}
    events = sorted(
        (week, order, key) for key, (start, end) in active.items() for week, order in ((start, 1), (end, 0))
    )
    started: dict[str, list[int]] = {}
    for week, order, key in events:
        lifts = problem.catalogue.by_key[key].lifts
        if order == 1:
            started[key] = [n for n, x in enumerate(lifts) if stands(levels, x.item, x.from_level)]
            idle |= {(key, x.item) for n, x in enumerate(lifts) if n not in started[key]}
            continue
        for number in started[key]:
            lift = lifts[number]
            for level in range(levels.get(lift.item, 0) + 1, lift.to_level + 1):
                weeks[(lift.item, level)] = week
                by[(lift.item, level)] = key
            levels[lift.item] = max(levels.get(lift.item, 0), lift.to_level)
    return Timeline(problem, weeks, by, frozenset(idle))


def waits(
    problem: PlanProblem, line: Timeline, spans: Spans, key: str
) -> Iterator[tuple[str, str, int | None, int]]:
    """What an item waits for by the rules: (kind, ref, level, week), kind entry, need or prerequisite.

    Points that a lift starts from count as needs where the lift has an effect.
    """
    initiative = problem.catalogue.by_key[key]
    for row in entry_gates(initiative, problem.counted_gates):
        yield "entry", row.item, row.level, _or_start(line.week((row.item, row.level)), problem)
    for need in initiative.needs:
        yield "need", need.item, need.level, _or_start(line.week((need.item, need.level)), problem)
    for lift in initiative.lifts:
        if (key, lift.item) not in line.without_effect and lift.from_level:
            yield (
                "need",
                lift.item,
                lift.from_level,
                _or_start(line.week((lift.item, lift.from_level)), problem),
            )
    for other in initiative.prerequisites:
        yield "prerequisite", other, None, _met(problem, line, spans, other)


def _or_start(week: int | None, problem: PlanProblem) -> int:
    return problem.not_before if week is None else week


def _met(problem: PlanProblem, line: Timeline, spans: Spans, key: str) -> int:
    weeks = [line.week(point) for point in prerequisite_points(problem.catalogue.by_key[key])]
    known = [week for week in weeks if week is not None]
    by_levels = [max(known)] if len(known) == len(weeks) else []
    by_doing = [spans[key][1]] if key in spans else []
    return min([*by_levels, *by_doing], default=problem.not_before)


class Load:
    """Use of roles (hundredths of an FTE) and of audiences (initiatives at once), week by week."""

    def __init__(self, problem: PlanProblem, spans: Spans) -> None:
        self.problem = problem
        self.used: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for key in sorted(spans):
            self.add(key, spans[key], 1)

    def asks(self, initiative: Initiative) -> list[tuple[tuple[str, str], int]]:
        roles = [(("role", role), amount) for role, amount in self.problem.demand(initiative).items()]
        return [*roles, *((("audience", name), 1) for name in initiative.audiences)]

    def limit(self, resource: tuple[str, str]) -> int:
        kind, name = resource
        return self.problem.capacity.get(name, 0) if kind == "role" else self.problem.limit(name)

    def add(self, key: str, span: tuple[int, int], sign: int) -> None:
        for resource, amount in self.asks(self.problem.catalogue.by_key[key]):
            for week in range(*span):
                self.used[resource][week] += sign * amount

    def over(self, key: str, span: tuple[int, int]) -> list[tuple[str, str]]:
        """Resources that would be exceeded by adding the item in these weeks."""
        return [
            resource
            for resource, amount in self.asks(self.problem.catalogue.by_key[key])
            if any(self.used[resource][week] + amount > self.limit(resource) for week in range(*span))
        ]


def shift_left(problem: PlanProblem, spans: Spans) -> dict[str, tuple[int, int]]:
    """Moves items to their earliest possible weeks, one by one, until none can move.

    No objective gets worse: every week that a plan is measured by moves earlier or stays.
    """
    result = dict(spans)
    held = set(problem.fixed) | set(problem.pins)
    moved = True
    while moved:
        moved = False
        for key in sorted(result, key=lambda name: (result[name][0], name)):
            if key in held:
                continue
            start, end = result[key]
            earlier = _earliest(problem, result, key)
            if earlier < start:
                result[key] = (earlier, earlier + end - start)
                moved = True
    return result


def _earliest(problem: PlanProblem, spans: Spans, key: str) -> int:
    start, end = spans[key]
    line = timeline(problem, spans)
    ready = max((week for *_, week in waits(problem, line, spans, key)), default=problem.not_before)
    load = Load(problem, {other: span for other, span in spans.items() if other != key})
    low = max(ready, problem.not_before, problem.at_least.get(key, 0))
    for week in range(low, start):
        if not load.over(key, (week, week + end - start)):
            return week
    return start
