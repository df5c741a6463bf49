"""The pool for large catalogues: which candidates a search looks at when there are too many for all.

Many plans are drawn quickly, without time and limits: for each point that is needed, one of the shorter and
cheaper providers is taken, with some chance. What these plans use most is the pool.
"""

from __future__ import annotations

import random
from collections import Counter

from roadmap.levels import Point, waits_for
from roadmap.scope import Scope

DRAWS = 60


def choose_pool(scope: Scope, size: int, seed: int) -> frozenset[str]:
    """Keys of at most about `size` candidates; all of what at least one drawn plan needs stays together."""
    chance = random.Random(seed)  # noqa: S311 - no secret: it has to be repeatable
    uses: Counter[str] = Counter()
    plans = [_draw(scope, chance, spread=0.02 * number) for number in range(DRAWS)]
    for drawn in plans:
        uses.update(sorted(drawn))
    pool: set[str] = set()
    for drawn in plans:
        if len(pool | drawn) <= size:
            pool |= drawn
    for key, _ in sorted(uses.items(), key=lambda entry: (-entry[1], entry[0])):
        if len(pool) < size:
            pool.add(key)
    return frozenset(pool)


def _draw(scope: Scope, chance: random.Random, *, spread: float) -> set[str]:
    """One plan without time: everything that the goals need, closed under what it waits for."""
    chosen: set[str] = set()
    settled: set[Point] = set()
    todo: list[Point | str] = [*((row.item, row.level) for row in scope.required), *scope.wanted]
    todo += sorted(i.key for i in scope.candidates if i.is_poc and scope.poc_by_wish)[:1]
    while todo:
        following = todo.pop()
        if isinstance(following, str):
            if following in chosen or following not in scope.earliest:
                continue
            chosen.add(following)
            points, keys = waits_for(scope.by_key[following], scope.problem.counted_gates, scope.by_key)
            todo += [*points, *keys]
        elif following not in settled and following in scope.providers:
            settled.add(following)
            if not any(key in chosen for key in scope.providers[following]):
                todo.append(_provider(scope, following, chance, spread))
    return chosen


def _provider(scope: Scope, point: Point, chance: random.Random, spread: float) -> str:
    def price(key: str) -> tuple[float, str]:
        initiative = scope.by_key[key]
        weeks = scope.problem.duration(initiative) or 0
        attention = weeks * len(initiative.audiences)
        money = scope.problem.cost(initiative) / 20_000
        return (scope.earliest.get(key, 0) + weeks + attention + money) * (1 + spread * chance.random()), key

    return min(price(key) for key in scope.providers[point])[1]
