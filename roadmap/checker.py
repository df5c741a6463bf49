"""Checks a plan against every rule, week by week, without any of the planner's code.

Nothing is taken over from the planner but the plan itself and its input: durations, demand, costs and levels
are derived again from the catalogue, so that a mistake in the model cannot hide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from roadmap.catalogue import Initiative
from roadmap.plan import INFEASIBLE, Plan, PlanItem
from roadmap.problem import PlanProblem

REQUIRED_OF = ("leaders", "technical", "business")


@dataclass(frozen=True)
class Violation:
    """A rule that the plan breaks: `code` for machines, `key` of the item, gate or resource, a sentence."""

    code: str
    key: str
    sentence: str
    week: int | None = None


@dataclass
class _History:
    """Levels at the start of each week, and who raised what when."""

    first: int
    last: int
    levels: dict[int, dict[str, int]] = field(default_factory=dict)
    raised: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    idle: set[tuple[str, str]] = field(default_factory=set)

    def at(self, week: int) -> dict[str, int]:
        return self.levels[min(max(week, self.first), self.last)]

    def week_of(self, item: str, level: int, earliest: int) -> int | None:
        for week in range(min(self.first, earliest), self.last + 1):
            if self.at(week).get(item, 0) >= level:
                return max(week, earliest)
        return None


def check(problem: PlanProblem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan; an empty list for a plan that keeps all rules.

    An infeasible plan has nothing to check but that it plans nothing.
    """
    planned = [item for item in plan.items if item.state == "planned"]
    if plan.status == INFEASIBLE:
        return [Violation("planned", item.key, "A plan that does not exist plans it.") for item in planned]
    unknown = [item.key for item in plan.items if item.key not in problem.catalogue.by_key]
    if unknown or len({item.key for item in plan.items}) != len(plan.items):
        return [Violation("unknown", key, "Not in the catalogue.") for key in unknown] or [
            Violation("twice", "", "An initiative stands in the plan twice.")
        ]
    history = _replay(problem, plan)
    return [
        *_facts(problem, plan),
        *(violation for item in planned for violation in _weeks(problem, item)),
        *(violation for item in planned for violation in _rules(problem, plan, history, item)),
        *_choices(problem, plan, planned),
        *_people(problem, plan),
        *_money(problem, plan),
        *_goals(problem, plan, history),
        *_purpose(problem, plan, history, planned),
    ]


def _replay(problem: PlanProblem, plan: Plan) -> _History:
    """Levels week by week: first what ends in a week takes effect, then what starts in it looks at them."""
    levels = dict(problem.levels)
    for name, level in problem.unknown:
        levels[name] = min(levels.get(name, 0), level - 1)
    for name, level in problem.assumed:
        levels[name] = max(levels.get(name, 0), level)
    done = [problem.catalogue.by_key[entry.key] for entry in problem.done]
    for _ in range(1 + len(done) * 5):
        for initiative in done:
            for lift in initiative.lifts:
                if levels.get(lift.item, 0) >= lift.from_level:
                    levels[lift.item] = max(levels.get(lift.item, 0), lift.to_level)
    moving = [item for item in plan.items if item.state != "done"]
    weeks = [week for item in moving for week in (item.start_week, item.end_week)]
    history = _History(min([*weeks, 0]), max([*weeks, 0]))
    effective: set[tuple[str, int]] = set()
    for week in range(history.first, history.last + 1):
        before = dict(levels)
        for item in moving:
            if item.end_week == week:
                _apply(problem.catalogue.by_key[item.key], effective, before, levels, history)
        history.levels[week] = dict(levels)
        for item in moving:
            if item.start_week == week:
                _note_start(problem.catalogue.by_key[item.key], levels, effective, history)
    return history


def _note_start(
    initiative: Initiative, levels: dict[str, int], effective: set[tuple[str, int]], history: _History
) -> None:
    for number, lift in enumerate(initiative.lifts):
        if levels.get(lift.item, 0) >= lift.from_level:
            effective.add((initiative.key, number))
        else:
            history.idle.add((initiative.key, lift.item))


def _apply(
    initiative: Initiative,
    effective: set[tuple[str, int]],
    before: dict[str, int],
    levels: dict[str, int],
    history: _History,
) -> None:
    for number, lift in enumerate(initiative.lifts):
        if (initiative.key, number) not in effective:
            continue
        for level in range(before.get(lift.item, 0) + 1, lift.to_level + 1):
            history.raised.setdefault((lift.item, level), set()).add(initiative.key)
        levels[lift.item] = max(levels.get(lift.item, 0), lift.to_level)


def _facts(problem: PlanProblem, plan: Plan) -> Iterator[Violation]:
    """Done and running work keeps its weeks, and the plan answers this input."""
    if plan.input_hash != problem.input_hash:
        yield Violation("input", "", "The plan was made from another input.")
    spans = {item.key: (item.start_week, item.end_week, item.state) for item in plan.items}
    for state, entries in (("done", problem.done), ("running", problem.running)):
        for entry in entries:
            if spans.get(entry.key) != (entry.start, entry.end, state):
                yield Violation("fixed", entry.key, f"It is {state} and its weeks are a fact.")


def _length(problem: PlanProblem, initiative: Initiative) -> int | None:
    """Weeks by the catalogue, longer where a role cannot do the weekly demand."""
    weeks = initiative.duration_weeks
    for role, amount in initiative.effort:
        capacity = problem.capacity.get(role, 0)
        if capacity <= 0:
            return None
        while -(-amount // weeks) > capacity:
            weeks += 1
    return weeks


def _weeks(problem: PlanProblem, item: PlanItem) -> Iterator[Violation]:
    initiative = problem.catalogue.by_key[item.key]
    length = _length(problem, initiative)
    if length is None:
        yield Violation("role", item.key, "A role that it asks for has no capacity.")
    elif item.end_week - item.start_week != length:
        yield Violation("duration", item.key, f"It takes {length} weeks.")
    earliest = max(problem.not_before, problem.at_least.get(item.key, 0))
    if item.key in problem.pins:
        if item.start_week != problem.pins[item.key]:
            yield Violation("pin", item.key, f"It was set to week {problem.pins[item.key]}.")
    elif item.start_week < earliest:
        yield Violation("early", item.key, f"It may not start before week {earliest}.", item.start_week)
    if item.end_week > problem.by_week:
        yield Violation("late", item.key, f"It ends after week {problem.by_week}.", item.end_week)


def _rules(problem: PlanProblem, plan: Plan, history: _History, item: PlanItem) -> Iterator[Violation]:
    """Phase entry, needs and prerequisites at the week of the start."""
    initiative = problem.catalogue.by_key[item.key]
    levels = history.at(item.start_week)
    week = item.start_week
    for gate in problem.gates:
        waived = (gate.item, gate.level) in problem.dropped
        applies = gate.pillar == initiative.pillar and gate.phase <= initiative.phase and not waived
        if applies and levels.get(gate.item, 0) < gate.level:
            yield Violation(
                "entry", item.key, f"Its phase is closed: {gate.item} is below {gate.level}.", week
            )
    for need in initiative.needs:
        if levels.get(need.item, 0) < need.level:
            yield Violation("need", item.key, f"It needs {need.item} at level {need.level}.", week)
    ends = {other.key: other.end_week for other in plan.items}
    for key in initiative.prerequisites:
        stands = all(
            levels.get(lift.item, 0) >= lift.to_level for lift in problem.catalogue.by_key[key].lifts
        )
        if not stands and ends.get(key, week + 1) > week:
            yield Violation("prerequisite", item.key, f"{key} has to come first.", week)


def _choices(problem: PlanProblem, plan: Plan, planned: list[PlanItem]) -> Iterator[Violation]:
    keys = {item.key for item in plan.items}
    by_key = problem.catalogue.by_key
    for key in (*problem.forced_in, *problem.pins):
        if key not in keys:
            yield Violation("forced_in", key, "It was taken in by hand and is missing.")
    groups = Counter(by_key[item.key].one_of for item in plan.items if by_key[item.key].one_of)
    for name, count in groups.items():
        mixed = [item.key for item in planned if by_key[item.key].one_of == name]
        if count > 1 and mixed:
            yield Violation("one_of", mixed[0], f"The plan holds {count} variants of {name}.")
    for item in planned:
        if item.key in problem.forced_out:
            yield Violation("forced_out", item.key, "It was left out by hand.")
        yield from _route(problem, by_key[item.key])


def _route(problem: PlanProblem, initiative: Initiative) -> Iterator[Violation]:
    """Another route than the preferred one, although that could be taken."""
    wanted = initiative.key in problem.forced_in or initiative.key in problem.pins
    if wanted or not problem.preferred_route or initiative.route in ("", problem.preferred_route):
        return
    for other in problem.catalogue.initiatives:
        same = other.one_of == initiative.one_of and other.route == problem.preferred_route
        if initiative.one_of and same and other.key not in problem.forced_out and _length(problem, other):
            yield Violation("route", initiative.key, f"The preferred route is {problem.preferred_route}.")


def _people(problem: PlanProblem, plan: Plan) -> Iterator[Violation]:
    """Capacity and attention in each week. Running work alone may exceed them; then nothing new may ask."""
    use: Counter[tuple[str, str, int]] = Counter()
    new: dict[tuple[str, str, int], str] = {}
    for item in plan.items:
        if item.state == "done":
            continue
        initiative = problem.catalogue.by_key[item.key]
        length = item.end_week - item.start_week
        asks = {("role", role): -(-amount // length) for role, amount in initiative.effort}
        names = REQUIRED_OF if initiative.audience == "all" else (initiative.audience,)
        asks.update({("audience", name): 1 for name in names})
        for week in range(item.start_week, item.end_week):
            for (kind, name), amount in asks.items():
                use[(kind, name, week)] += amount
                if item.state == "planned":
                    new[(kind, name, week)] = item.key
    for (kind, name, week), amount in sorted(use.items()):
        allowed = problem.capacity.get(name, 0) if kind == "role" else problem.at_once.get(name, 2)
        if amount > allowed and (kind, name, week) in new:
            sentence = f"{name} is asked for {amount} in week {week} and has {allowed}."
            yield Violation(
                "capacity" if kind == "role" else "audience", new[(kind, name, week)], sentence, week
            )


def _money(problem: PlanProblem, plan: Plan) -> Iterator[Violation]:
    low = high = 0
    for item in plan.items:
        initiative = problem.catalogue.by_key[item.key]
        cents = sum(amount * 5 * problem.day_rates.get(role, 0) for role, amount in initiative.effort)
        effort = -(-cents // 100)
        low += initiative.cost_low + effort
        high += initiative.cost_high + effort
    planned = any(item.state == "planned" for item in plan.items)
    if planned and problem.budget is not None and high > problem.budget:
        yield Violation("budget", "", f"It costs {high} and the budget is {problem.budget}.")
    if (plan.cost_low, plan.cost_high) != (low, high):
        yield Violation("cost", "", f"It costs {low} to {high}, not {plan.cost_low} to {plan.cost_high}.")


def _goals(problem: PlanProblem, plan: Plan, history: _History) -> Iterator[Violation]:
    """Gates hold in time, a POC is there, and the weeks that the plan states are true."""
    last = problem.not_before
    stated = {(gate.item, gate.level): gate.week for gate in plan.gates}
    for gate in problem.gates:
        if (gate.item, gate.level) in problem.dropped:
            continue
        week = history.week_of(gate.item, gate.level, problem.not_before)
        if stated.get((gate.item, gate.level)) != week:
            yield Violation("gate_week", gate.item, f"Level {gate.level} holds from week {week}.", week)
        if gate.phase <= problem.target_phase:
            if week is None or week > problem.by_week:
                yield Violation("gate", gate.item, f"It does not reach level {gate.level} in time.", week)
            last = max(last, week or last)
    if plan.target_week != last:
        yield Violation("target_week", "", f"The target phase holds from week {last}.", last)
    by_key = problem.catalogue.by_key
    decided = problem.poc_decided or any(by_key[entry.key].kind == "poc" for entry in problem.done)
    weeks = [i.end_week - 1 for i in plan.items if by_key[i.key].kind == "poc" and i.state != "done"]
    if problem.target_phase > 1 and not decided:
        if not weeks:
            yield Violation("poc", "", "It holds no POC and none has been decided.")
        elif plan.poc_week != min(weeks):
            yield Violation("poc_week", "", f"The first POC is decided in week {min(weeks)}.")
    for item in plan.items:
        idle = {name for key, name in history.idle if key == item.key}
        if item.state != "done" and set(item.without_effect) != idle:
            yield Violation("effect", item.key, f"Without effect are: {', '.join(sorted(idle)) or 'none'}.")


def _purpose(
    problem: PlanProblem, plan: Plan, history: _History, planned: list[PlanItem]
) -> Iterator[Violation]:
    """Every planned item serves a gate, a need, a prerequisite or the POC, or was asked for."""
    by_key = problem.catalogue.by_key
    wanted = {*problem.forced_in, *problem.pins}
    points = {(g.item, g.level) for g in problem.gates if g.phase <= problem.target_phase}
    used_keys: set[str] = set()
    for item in plan.items:
        initiative = by_key[item.key]
        points |= {(need.item, need.level) for need in initiative.needs}
        points |= {(x.item, x.from_level) for x in initiative.lifts if (item.key, x.item) not in history.idle}
        points |= {
            (g.item, g.level)
            for g in problem.gates
            if g.pillar == initiative.pillar and g.phase <= item.phase
        }
        for key in initiative.prerequisites:
            used_keys.add(key)
            points |= {(lift.item, lift.to_level) for lift in by_key[key].lifts}
    serving = {key for point in points for key in history.raised.get(point, ())}
    decided = problem.poc_decided or any(by_key[entry.key].kind == "poc" for entry in problem.done)
    for item in planned:
        poc = item.kind == "poc" and problem.target_phase > 1 and not decided
        if item.key not in serving | used_keys | wanted and not poc:
            yield Violation("purpose", item.key, "Nothing in the plan makes use of it.")
        if item.phase >= problem.target_phase and item.key not in wanted | used_keys | serving:
            yield Violation("phase", item.key, "It belongs to what comes after the target phase.")
