"""The planning problem as constraints over whole weeks.

The module is handed the solver's model class instead of importing it, so that it can be read and tested by
itself; `planner.py` is the only place that imports the solver. For each point (item, level) that can matter
there is one week from which it counts and, where something relies on it, exactly one initiative that provides
it. Constraints are added in the order of keys: equal problems give equal models.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roadmap.catalogue import AUDIENCES, ROLES, Initiative
from roadmap.levels import Point, prerequisite_points, stands, useful
from roadmap.scope import Scope


@dataclass
class Model:
    """Variables of one model. `drop` holds a literal per required gate where gates may be dropped."""

    cp: Any
    scope: Scope
    chosen: dict[str, Any] = field(default_factory=dict)
    start: dict[str, Any] = field(default_factory=dict)
    on: dict[Point, Any] = field(default_factory=dict)
    week: dict[Point, Any] = field(default_factory=dict)
    uses: dict[Point, list[Any]] = field(default_factory=dict)
    serves: dict[str, list[Any]] = field(default_factory=dict)
    drop: dict[Point, Any] = field(default_factory=dict)
    poc_week: Any = None
    target_week: Any = None
    extra: dict[str, Any] = field(default_factory=dict)

    def end(self, key: str) -> Any:
        if key in self.scope.problem.fixed:
            return self.scope.problem.fixed[key].end
        return self.start[key] + self.scope.duration(key)

    def picked(self, key: str) -> Any:
        """The literal of an initiative; 1 for running ones."""
        return 1 if key in self.scope.problem.fixed else self.chosen[key]

    def variables(self) -> list[Any]:
        return [*self.chosen.values(), *self.start.values(), *self.on.values(), *self.week.values()]


def build(model: Any, scope: Scope, *, may_drop: bool = False) -> Model:
    """Fills an empty solver model. `may_drop` gives each required gate a literal that waives it."""
    built = Model(model, scope)
    for initiative in scope.candidates:
        _add_initiative(built, initiative)
    for point in scope.points:
        low = max(scope.earliest_point[point], scope.problem.not_before)
        built.week[point] = model.new_int_var(low, scope.problem.by_week, f"week {point}")
        built.on[point] = model.new_bool_var(f"on {point}")
        built.uses[point] = []
    _add_targets(built, may_drop)
    for initiative in scope.candidates:
        _add_waits(built, initiative)
    for point in scope.points:
        _add_providers(built, point)
    _add_poc(built)
    _add_wishes(built)
    _add_variants(built)
    _add_service(built)
    _add_limits(built)
    _add_energy(built)
    return built


def _add_initiative(built: Model, initiative: Initiative) -> None:
    scope, key = built.scope, initiative.key
    low = scope.earliest[key]
    high = scope.problem.by_week - scope.duration(key)
    if key in scope.problem.pins:
        low = high = scope.problem.pins[key]
    built.start[key] = built.cp.new_int_var(low, high, f"start {key}")
    built.chosen[key] = built.cp.new_bool_var(f"chosen {key}")
    built.serves[key] = []
    # What is not chosen has one value only: no symmetric copies of the same plan.
    built.cp.add(built.start[key] == low).only_enforce_if(built.chosen[key].negated())


def _rely(built: Model, point: Point, start: Any, when: Any) -> None:
    """If `when`, the point must be provided and hold by `start`."""
    if built.scope.holds(point):
        return
    if point not in built.on:
        built.cp.add_bool_or([when.negated()])
        return
    built.cp.add_implication(when, built.on[point])
    built.cp.add(start >= built.week[point]).only_enforce_if(when)
    built.uses[point].append(when)


def _add_targets(built: Model, may_drop: bool) -> None:
    """Required gates are on, and the target week is not before any of them."""
    scope = built.scope
    built.target_week = built.cp.new_int_var(scope.problem.not_before, scope.problem.by_week, "target week")
    for row in scope.required:
        point = (row.item, row.level)
        if may_drop:
            built.drop[point] = built.cp.new_bool_var(f"drop {point}")
        if point not in built.on:
            built.cp.add_bool_or([built.drop[point]] if may_drop else [])
        elif may_drop:
            kept = built.drop[point].negated()
            built.cp.add_implication(kept, built.on[point])
            built.cp.add(built.target_week >= built.week[point]).only_enforce_if(kept)
            built.uses[point].append(kept)
        else:
            built.cp.add(built.on[point] == 1)
            built.cp.add(built.target_week >= built.week[point])
            built.uses[point].append(built.cp.new_constant(1))


def _add_waits(built: Model, initiative: Initiative) -> None:
    scope, key = built.scope, initiative.key
    chosen, start = built.chosen[key], built.start[key]
    for point in sorted(set(scope.open_entry(initiative))):
        if point in built.drop:
            kept = built.cp.new_bool_var(f"entry {key} {point}")
            built.cp.add_bool_or([chosen.negated(), built.drop[point], kept])
            built.cp.add_implication(kept, chosen)
            _rely(built, point, start, kept)
        else:
            _rely(built, point, start, chosen)
    for need in initiative.needs:
        _rely(built, (need.item, need.level), start, chosen)
    for other in initiative.prerequisites:
        _add_prerequisite(built, initiative, other)


def _add_prerequisite(built: Model, initiative: Initiative, other: str) -> None:
    """Met by being done, or because everything that it lifts stands at its end level already."""
    scope, key = built.scope, initiative.key
    chosen, start = built.chosen[key], built.start[key]
    if other in scope.problem.fixed:
        built.cp.add(start >= scope.problem.fixed[other].end).only_enforce_if(chosen)
        return
    points = prerequisite_points(scope.problem.catalogue.by_key[other])
    missing = [point for point in points if not scope.holds(point)]
    if not missing:
        return
    ways: list[Any] = []
    if other in built.chosen:
        by_doing = built.cp.new_bool_var(f"done {other} before {key}")
        built.cp.add_implication(by_doing, built.chosen[other])
        built.cp.add_implication(by_doing, chosen)
        built.cp.add(start >= built.end(other)).only_enforce_if(by_doing)
        built.serves[other].append(by_doing)
        ways.append(by_doing)
    others_can = all(point in built.on and set(scope.providers[point]) - {other} for point in missing)
    if others_can:
        by_levels = built.cp.new_bool_var(f"levels of {other} before {key}")
        built.cp.add_implication(by_levels, chosen)
        for point in missing:
            _rely(built, point, start, by_levels)
        ways.append(by_levels)
    built.cp.add_bool_or([chosen.negated(), *ways])


def _add_providers(built: Model, point: Point) -> None:
    """A point that is on has exactly one provider, whose lift counts from its end."""
    item, level = point
    scope, literals = built.scope, []
    for key in scope.providers[point]:
        lift = next(
            lift
            for lift in scope.by_key[key].lifts
            if lift.item == item and lift.from_level < level <= lift.to_level
        )
        literal = built.cp.new_bool_var(f"{key} provides {point}")
        if key in scope.problem.fixed:
            if not stands(scope.problem.now, item, lift.from_level):
                continue
        else:
            built.cp.add_implication(literal, built.chosen[key])
            built.serves[key].append(literal)
            _rely(built, (item, lift.from_level), built.start[key], literal)
        built.cp.add(built.week[point] >= built.end(key)).only_enforce_if(literal)
        literals.append(literal)
    built.cp.add(sum(literals) == built.on[point])
    low = max(scope.earliest_point[point], scope.problem.not_before)
    built.cp.add(built.week[point] == low).only_enforce_if(built.on[point].negated())


def _add_poc(built: Model) -> None:
    """The week of the first decision, and a POC by wish where no gate asks for one."""
    scope = built.scope
    problem = scope.problem
    if not problem.poc_required:
        return
    first: list[Any] = []
    built.poc_week = built.cp.new_int_var(-520, problem.by_week, "poc week")
    for initiative in (*scope.candidates, *scope.running):
        if not initiative.is_poc:
            continue
        literal = built.cp.new_bool_var(f"first poc {initiative.key}")
        first.append(literal)
        built.cp.add(built.poc_week >= built.end(initiative.key) - 1).only_enforce_if(literal)
        if initiative.key in built.chosen:
            built.cp.add_implication(literal, built.chosen[initiative.key])
    built.cp.add_exactly_one(first)
    if scope.poc_by_wish:
        _serve_by_wish(built, [initiative for initiative in scope.candidates if initiative.is_poc])


def _serve_by_wish(built: Model, pocs: Sequence[Initiative]) -> None:
    """One POC may be in the plan for its own sake; then it is the only one that was not asked for by hand."""
    for poc in pocs:
        literal = built.cp.new_bool_var(f"poc by wish {poc.key}")
        built.cp.add_implication(literal, built.chosen[poc.key])
        built.serves[poc.key].append(literal)
        for other in pocs:
            if other.key != poc.key and other.key not in built.scope.wanted:
                built.cp.add_implication(literal, built.chosen[other.key].negated())


def _add_wishes(built: Model) -> None:
    for key in built.scope.wanted:
        if key in built.chosen:
            built.cp.add(built.chosen[key] == 1)
        else:
            built.cp.add_bool_or([])


def _add_variants(built: Model) -> None:
    groups: dict[str, list[Any]] = {}
    for initiative in built.scope.candidates:
        if initiative.one_of:
            groups.setdefault(initiative.one_of, []).append(built.chosen[initiative.key])
    for literals in groups.values():
        built.cp.add_at_most_one(literals)


def _add_service(built: Model) -> None:
    """Nothing is chosen and no point is on unless something uses it."""
    for key, literals in built.serves.items():
        if key not in built.scope.wanted:
            built.cp.add_bool_or([built.chosen[key].negated(), *literals])
    for point, literals in built.uses.items():
        built.cp.add_bool_or([built.on[point].negated(), *literals])


def _add_limits(built: Model) -> None:
    """People and attention, week by week, and the money in total."""
    scope = built.scope
    problem = scope.problem
    spans = {
        key: built.cp.new_optional_fixed_size_interval_var(
            built.start[key], scope.duration(key), built.chosen[key], f"span {key}"
        )
        for key in built.start
    }
    demand = {i.key: problem.demand(i) for i in (*scope.candidates, *scope.running)}
    for role in ROLES:
        by_key = {key: row[role] for key, row in demand.items() if role in row}
        _add_cumulative(built, spans, by_key, problem.capacity.get(role, 0))
    for audience in AUDIENCES:
        by_key = {i.key: 1 for i in (*scope.candidates, *scope.running) if audience in i.audiences}
        _add_cumulative(built, spans, by_key, problem.limit(audience))
    if problem.budget is not None:
        built.cp.add(cost(built) + spent(scope) <= problem.budget)


def _add_cumulative(built: Model, spans: Mapping[str, Any], demand: Mapping[str, int], capacity: int) -> None:
    free = {key: amount for key, amount in demand.items() if key in spans}
    fixed = {key: amount for key, amount in demand.items() if key not in spans}
    if sum(free.values()) + sum(fixed.values()) <= capacity:
        return
    blocks = _blocks(built.scope, fixed, capacity)
    intervals = [spans[key] for key in free]
    intervals += [
        built.cp.new_fixed_size_interval_var(begin, end - begin, f"running {begin}")
        for begin, end, _ in blocks
    ]
    built.cp.add_cumulative(intervals, [*free.values(), *(amount for *_, amount in blocks)], capacity)


def _blocks(scope: Scope, fixed: Mapping[str, int], capacity: int) -> list[tuple[int, int, int]]:
    """Weeks (begin, end) with the same load of running work, which may exceed a reduced capacity: then it
    fills the capacity and nothing new is added."""
    facts = [(scope.problem.fixed[key], amount) for key, amount in fixed.items()]
    edges = sorted({week for fact, _ in facts for week in (fact.start, fact.end)})
    blocks = []
    for begin, end in itertools.pairwise(edges):
        load = sum(amount for fact, amount in facts if fact.start <= begin < fact.end)
        if load:
            blocks.append((begin, end, min(load, capacity)))
    return blocks


def cost(built: Model) -> Any:
    """Whole currency units of what is chosen."""
    scope = built.scope
    return sum(scope.problem.cost(i) * built.chosen[i.key] for i in scope.candidates)


def last_end(built: Model) -> Any:
    """Week in which everything that is chosen has ended and all required gates hold."""
    finish = built.cp.new_int_var(0, built.scope.problem.by_week, "finish")
    built.cp.add(finish >= built.target_week)
    for key, chosen in built.chosen.items():
        built.cp.add(finish >= built.end(key)).only_enforce_if(chosen)
    return finish


def spent(scope: Scope) -> int:
    """What is done and running costs, which counts against the budget and cannot be chosen."""
    problem = scope.problem
    return sum(problem.cost(problem.catalogue.by_key[key]) for key in problem.fixed)


def _add_energy(built: Model) -> None:
    """Work that serves the target ends before the target week, so all of it must fit into the weeks until
    then. The solver does not see this by itself; with it, end weeks are proven within seconds."""
    scope = built.scope
    problem = scope.problem
    free = _free_of_target(scope)
    bound = [i for i in scope.candidates if i.key not in free]
    if built.drop:
        return
    weeks = built.target_week - problem.not_before
    rows: Iterable[tuple[int, dict[str, int]]] = (
        *(
            (problem.capacity.get(role, 0), {i.key: problem.demand(i).get(role, 0) for i in bound})
            for role in ROLES
        ),
        *((problem.limit(name), {i.key: int(name in i.audiences) for i in bound}) for name in AUDIENCES),
    )
    for capacity, amounts in rows:
        work = [amount * scope.duration(key) * built.chosen[key] for key, amount in amounts.items() if amount]
        if work:
            built.cp.add(sum(work) <= capacity * weeks)


def _free_of_target(scope: Scope) -> frozenset[str]:
    """Initiatives that may be in a plan without serving the target: what was asked for and what it needs."""
    seeds = [*scope.wanted, *(i.key for i in scope.candidates if i.is_poc and scope.poc_by_wish)]
    use = useful(scope.candidates, scope.problem.now, scope.problem.counted_gates, (), seeds=seeds)
    return use.keys
