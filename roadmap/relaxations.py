"""When no plan is possible: the smallest change of each kind that makes one possible, each re-solved.

Each kind is changed alone, everything else stays as asked: the date, the budget, the hours of one role, one
more initiative at once for one audience, gates dropped, choices made by hand. Then one combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from roadmap.assemble import hopeless
from roadmap.catalogue import AUDIENCES, ROLES
from roadmap.explain import AUDIENCE_NAMES, name_of
from roadmap.levels import Point
from roadmap.planner import solve
from roadmap.problem import PlanProblem
from roadmap.scope import make_scope
from roadmap.search import Cancelled, Found, PlanCancelled, Progress

FURTHEST_WEEK = 520
MOST_CAPACITY = 1000
CAPACITY_STEP = 5
"""Hundredths of an FTE: a quarter of a day a week."""


@dataclass(frozen=True)
class Relaxation:
    """One change that makes a plan possible.

    kind: date, budget, role, audience, gates, choices, combination. ref: the role or audience. before, after:
    week, whole currency units, hundredths of an FTE or initiatives at once; gates and choices count what is
    given up (after) and name it in `names`. proven: less is proven not to be enough. parts: of a combination.
    """

    kind: str
    sentence: str
    ref: str = ""
    before: int | None = None
    after: int | None = None
    names: tuple[str, ...] = ()
    proven: bool = True
    parts: tuple[Relaxation, ...] = ()


@dataclass
class _Run:
    """What every step needs: whom to ask about cancelling and whom to tell."""

    progress: Progress | None
    cancelled: Cancelled | None
    step: int = 0
    steps: int = 7

    def tell(self, sentence: str) -> None:
        if self.cancelled and self.cancelled():
            raise PlanCancelled
        if self.progress:
            self.progress(self.step, self.steps, sentence)
        self.step += 1

    def solve(self, problem: PlanProblem, only: str, *, may_drop: bool = False) -> Found:
        """Searches for one objective; without a search where reach alone says no."""
        scope = make_scope(problem)
        if hopeless(scope) and not may_drop:
            return Found(False, (), {})
        return solve(scope, may_drop=may_drop, only=only, cancelled=self.cancelled)

    def possible(self, problem: PlanProblem) -> bool:
        return self.solve(problem, "possible").feasible is True


def relaxations(
    problem: PlanProblem, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> tuple[Relaxation, ...]:
    """The smallest change of each kind that alone makes a plan possible, then one combination.

    Kinds that do not help alone are left out. Empty where there is a plan already, and where even the
    combination does not help: then what was asked for is out of reach with this catalogue, and
    `Plan.impossible` says why.
    """
    run = _Run(progress, cancelled)
    if run.possible(problem):
        return ()
    kinds: Sequence[tuple[str, Callable[[_Run, PlanProblem], Iterator[Relaxation]]]] = (
        ("Trying a later date", _date),
        ("Trying more money", _budget),
        ("Trying more hours", _roles),
        ("Trying more at once", _audiences),
        ("Trying without some gates", _gates),
        ("Trying without some choices", _choices),
    )
    found: list[Relaxation] = []
    for sentence, kind in kinds:
        run.tell(sentence)
        found += kind(run, problem)
    run.tell("Trying a bit of each")
    return (*found, *_combination(run, problem))


def _date(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    later = problem.with_changes(by_week=FURTHEST_WEEK)
    found = run.solve(later, "finish")
    if not found.feasible:
        return
    week, bound = found.objectives[0].value, found.objectives[0].bound
    more = week - problem.by_week
    weeks = "1 week" if more == 1 else f"{more} weeks"
    sentence = f"With week {week} instead of {problem.by_week} as the by-date it is possible: {weeks} more."
    yield Relaxation("date", sentence, "", problem.by_week, week, proven=week == bound)


def _budget(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    if problem.budget is None:
        return
    found = run.solve(problem.with_changes(budget=None), "cost")
    if not found.feasible:
        return
    fixed = sum(problem.cost(problem.catalogue.by_key[key]) for key in problem.fixed)
    money, bound = found.objectives[0].value + fixed, found.objectives[0].bound + fixed
    sentence = (
        f"With {money:,} instead of {problem.budget:,} it is possible: {money - problem.budget:,} more."
    )
    yield Relaxation("budget", sentence, "", problem.budget, money, proven=money == bound)


def _roles(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    """The least capacity of each role that is enough, in steps of CAPACITY_STEP, found by halving."""
    for role in ROLES:
        before = problem.capacity.get(role, 0)
        if before >= MOST_CAPACITY or not run.possible(_with_role(problem, role, MOST_CAPACITY)):
            continue
        low, high = 0, -(-(MOST_CAPACITY - before) // CAPACITY_STEP)
        while high - low > 1:
            middle = (low + high) // 2
            if run.possible(_with_role(problem, role, before + middle * CAPACITY_STEP)):
                high = middle
            else:
                low = middle
        after = before + high * CAPACITY_STEP
        name = role.replace("_", " ")
        sentence = f"With {after / 100:g} instead of {before / 100:g} FTE of {name} it is possible."
        yield Relaxation("role", sentence, role, before, after)


def _with_role(problem: PlanProblem, role: str, hundredths: int) -> PlanProblem:
    return problem.with_changes(capacity={**problem.capacity, role: hundredths})


def _audiences(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    for audience in AUDIENCES:
        before = problem.limit(audience)
        if run.possible(_one_more(problem, [audience])):
            who = AUDIENCE_NAMES[audience]
            sentence = f"With {before + 1} instead of {before} initiatives at once for {who} it is possible."
            yield Relaxation("audience", sentence, audience, before, before + 1)


def _one_more(problem: PlanProblem, audiences: Sequence[str]) -> PlanProblem:
    at_once = {name: problem.limit(name) + int(name in audiences) for name in AUDIENCES}
    return problem.with_changes(at_once=at_once)


def _gates(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    if not problem.open_gates:
        return
    found = run.solve(problem, "dropped", may_drop=True)
    if not found.feasible or not found.dropped:
        return
    points = _still_needed(run, problem, found.dropped)
    names = tuple(f"{item}@{level}" for item, level in points)
    told = ", ".join(f"{name_of(problem, item)} at level {level}" for item, level in points)
    gates = "gate" if len(points) == 1 else "gates"
    sentence = f"Without {len(points)} {gates} it is possible: {told}."
    proven = len(points) == found.objectives[0].bound
    yield Relaxation("gates", sentence, "", 0, len(points), names, proven)


def _still_needed(run: _Run, problem: PlanProblem, dropped: tuple[Point, ...]) -> tuple[Point, ...]:
    """The dropped gates if a plan without them is really there; all open ones otherwise."""
    if run.possible(problem.with_changes(dropped=(*problem.dropped, *dropped))):
        return dropped
    return tuple((row.item, row.level) for row in problem.open_gates)


def _choices(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    """The fewest pins and choices by hand to give up: one, then two, then all."""
    names = sorted({*problem.pins, *problem.forced_in, *problem.forced_out})
    tries = [*combinations(names, 1), *(combinations(names, 2) if len(names) <= 8 else ()), tuple(names)]
    for given_up in tries:
        if given_up and run.possible(_without(problem, given_up)):
            titles = ", ".join(problem.catalogue.by_key[key].title for key in given_up)
            choices = "choice" if len(given_up) == 1 else "choices"
            sentence = f"Without {len(given_up)} {choices} made by hand it is possible: {titles}."
            yield Relaxation("choices", sentence, "", 0, len(given_up), given_up, proven=len(given_up) <= 2)
            return


def _without(problem: PlanProblem, keys: Sequence[str]) -> PlanProblem:
    return problem.with_changes(
        pins={key: week for key, week in problem.pins.items() if key not in keys},
        forced_in=tuple(key for key in problem.forced_in if key not in keys),
        forced_out=tuple(key for key in problem.forced_out if key not in keys),
    )


def _combination(run: _Run, problem: PlanProblem) -> Iterator[Relaxation]:
    """One more at once for everybody, then the earliest date with that, then the least money for it."""
    wider = _one_more(problem, AUDIENCES)
    parts = [
        Relaxation(
            "audience",
            f"One more at once for {AUDIENCE_NAMES[name]}.",
            name,
            problem.limit(name),
            problem.limit(name) + 1,
        )
        for name in AUDIENCES
    ]
    found = run.solve(wider.with_changes(by_week=FURTHEST_WEEK, budget=None), "finish")
    if not found.feasible:
        return
    week = max(problem.by_week, found.objectives[0].value)
    if week > problem.by_week:
        parts.append(
            Relaxation("date", f"Week {week} instead of {problem.by_week}.", "", problem.by_week, week)
        )
    found = run.solve(wider.with_changes(by_week=week, budget=None), "cost")
    if problem.budget is not None and found.feasible:
        fixed = sum(problem.cost(problem.catalogue.by_key[key]) for key in problem.fixed)
        money = found.objectives[0].value + fixed
        if money > problem.budget:
            sentence = f"{money:,} instead of {problem.budget:,}."
            parts.append(Relaxation("budget", sentence, "", problem.budget, money))
    sentence = "Together these make it possible: " + " ".join(part.sentence for part in parts)
    yield Relaxation("combination", sentence, proven=False, parts=tuple(parts))
