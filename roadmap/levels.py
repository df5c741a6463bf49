"""Levels without time: what can be reached from where one stands, and what a goal can make use of.

Both answers are fixpoints of monotone rules, so they do not depend on any order. Costs, time and `one_of`
are left out: what is out of reach here is out of reach in every plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadmap.catalogue import GateRow, Initiative

Point = tuple[str, int]
"""(item, level): the item stands at the level or higher."""


@dataclass(frozen=True)
class Reach:
    """`levels`: the highest level of each item that can be reached; `doable`: initiatives that can start."""

    levels: dict[str, int]
    doable: frozenset[str]


@dataclass(frozen=True)
class Use:
    """What a goal can make use of: initiatives by key, and the points that they wait for or reach."""

    keys: frozenset[str]
    points: frozenset[Point]


def stands(levels: Mapping[str, int], item: str, level: int) -> bool:
    return levels.get(item, 0) >= level


def entry_gates(initiative: Initiative, gates: Sequence[GateRow]) -> list[GateRow]:
    """Gates that must hold before the initiative may start: those of its pillar up to its own phase."""
    return [gate for gate in gates if gate.pillar == initiative.pillar and gate.phase <= initiative.phase]


def prerequisite_points(initiative: Initiative) -> list[Point]:
    """Where everything that the initiative lifts must stand for it to count as done without being done."""
    return [(lift.item, lift.to_level) for lift in initiative.lifts]


def reach(
    initiatives: Sequence[Initiative],
    levels: Mapping[str, int],
    gates: Sequence[GateRow],
    *,
    done: Collection[str] = (),
    lifts: Mapping[str, Sequence[str]] | None = None,
) -> Reach:
    """Starts whatever may start and raises what it raises, until nothing changes.

    `levels` maps items to levels, 0 where missing. `done` initiatives count as finished, their lifts as
    already in `levels`. `lifts` restricts the items that an initiative raises, by its key.
    """
    reached = dict(levels)
    finished = set(done)
    by_key = {initiative.key: initiative for initiative in initiatives}
    before = None
    while before != (len(finished), sum(reached.values())):
        before = (len(finished), sum(reached.values()))
        for initiative in initiatives:
            if not _may_start(initiative, reached, gates, finished, by_key):
                continue
            finished.add(initiative.key)
            for lift in initiative.lifts:
                allowed = lifts is None or lift.item in lifts[initiative.key]
                if allowed and stands(reached, lift.item, lift.from_level):
                    reached[lift.item] = max(reached.get(lift.item, 0), lift.to_level)
    return Reach(reached, frozenset(finished))


def _may_start(
    initiative: Initiative,
    levels: Mapping[str, int],
    gates: Sequence[GateRow],
    finished: Collection[str],
    by_key: Mapping[str, Initiative],
) -> bool:
    if not all(stands(levels, gate.item, gate.level) for gate in entry_gates(initiative, gates)):
        return False
    if not all(stands(levels, need.item, need.level) for need in initiative.needs):
        return False
    for key in initiative.prerequisites:
        points = prerequisite_points(by_key[key]) if key in by_key else []
        if key not in finished and not (points and all(stands(levels, *point) for point in points)):
            return False
    return True


def serves_point(initiative: Initiative, item: str, level: int) -> bool:
    """Whether one of its lifts takes the item from below the level to the level or above."""
    return any(lift.item == item and lift.from_level < level <= lift.to_level for lift in initiative.lifts)


def waits_for(
    initiative: Initiative, gates: Sequence[GateRow], by_key: Mapping[str, Initiative]
) -> tuple[list[Point], list[str]]:
    """Everything that may have to come first: points, and initiatives (prerequisites)."""
    points = [(gate.item, gate.level) for gate in entry_gates(initiative, gates)]
    points += [(need.item, need.level) for need in initiative.needs]
    points += [(lift.item, lift.from_level) for lift in initiative.lifts]
    known = [key for key in initiative.prerequisites if key in by_key]
    for key in known:
        points += prerequisite_points(by_key[key])
    return points, known


def useful(
    initiatives: Sequence[Initiative],
    levels: Mapping[str, int],
    gates: Sequence[GateRow],
    goals: Iterable[Point],
    *,
    seeds: Iterable[str] = (),
    done: Collection[str] = (),
) -> Use:
    """Everything reachable backwards from the goals (points that must hold) and seeds (keys that are wanted).

    Nothing outside the result can help to reach a goal, so a plan may leave it out without loss.
    """
    by_key = {initiative.key: initiative for initiative in initiatives}
    keys: set[str] = set()
    points: set[Point] = set()
    todo: list[Point | str] = [*goals, *seeds]
    while todo:
        following = todo.pop()
        if isinstance(following, str):
            if following in keys or following not in by_key or following in done:
                continue
            keys.add(following)
            more_points, more_keys = waits_for(by_key[following], gates, by_key)
            todo += more_points
            todo += more_keys
        elif following not in points and not stands(levels, *following):
            points.add(following)
            todo += [initiative.key for initiative in initiatives if serves_point(initiative, *following)]
    return Use(frozenset(keys), frozenset(points))
