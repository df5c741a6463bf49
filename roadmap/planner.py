"""The planner: from a `PlanProblem` to a `Plan`. The only module that imports the solver, and only when used.

Objectives, one after the other: (for a replan: slip of the POC decision, changes,) week of the first POC
decision, week of the target phase, cost, sum of gate weights times weeks, number of items, earliest starts,
order of keys. `docs/planning.md` has the rules with worked numbers.
"""

from __future__ import annotations

from typing import Any

from roadmap.assemble import assemble, hopeless, nothing_to_do
from roadmap.model import Model, build, cost, last_end
from roadmap.plan import Plan
from roadmap.pool import choose_pool
from roadmap.problem import WEEKS_PER_CHANGE, PlanProblem
from roadmap.scope import Scope, make_scope
from roadmap.search import SEED, Cancelled, Found, PlanCancelled, Progress, Stage, search

__all__ = ["PlanCancelled", "plan", "solver_name"]

POOL_ABOVE = 200
POOL_SIZE = 120


def plan(
    problem: PlanProblem, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Plan:
    """The best plan for the problem, with its status and the bound of each objective.

    `progress(step, steps, sentence)` is called before each step; `cancelled()` is asked several times a
    second from the calling thread and ends the search with `PlanCancelled`. Equal problems give equal bytes.
    """
    scope = make_scope(problem)
    if nothing_to_do(scope):
        return assemble(scope, Found(True, (), {}), solver_name(), nothing=True)
    reasons = hopeless(scope)
    if reasons:
        return assemble(scope, Found(False, (), {}), solver_name(), impossible=reasons)
    if len(scope.candidates) > POOL_ABOVE:
        pooled = make_scope(problem, only=choose_pool(scope, POOL_SIZE, SEED))
        found = solve(pooled, progress=progress, cancelled=cancelled)
        if found.feasible:
            return assemble(pooled, found, solver_name())
    found = solve(scope, progress=progress, cancelled=cancelled)
    return assemble(scope, found, solver_name())


def solve(
    scope: Scope,
    *,
    may_drop: bool = False,
    only: str = "",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Found:
    """Searches one scope. `only` names a single question: finish, cost, dropped or possible."""
    from ortools.sat.python import cp_model

    built = build(cp_model.CpModel(), scope, may_drop=may_drop)
    stages = _only(built, only) if only else _stages(built)
    return search(cp_model, built, stages, progress=progress, cancelled=cancelled)


def solver_name() -> str:
    """Name and version, stored with each plan: another version may break ties in another way."""
    import ortools

    return f"CP-SAT {ortools.__version__}"


def _only(built: Model, name: str) -> list[Stage]:
    if name == "finish":
        return [Stage(name, "Finding the earliest end", last_end(built), 4.0)]
    if name == "dropped":
        return [Stage(name, "Finding the fewest gates to drop", sum(built.drop.values()), 4.0)]
    if name == "cost":
        return [Stage(name, "Finding the least cost", cost(built), 3.0)]
    return [Stage(name, "Looking for any plan", built.cp.new_constant(0), 4.0)]


def _stages(built: Model) -> list[Stage]:
    """All objectives that apply, each with its share of deterministic time."""
    scope = built.scope
    order = sorted(built.chosen)
    weights = {
        (row.item, row.level): row.weight for row in scope.required if (row.item, row.level) in built.week
    }
    waiting = sum(scope.earliest[key] * built.chosen[key].negated() for key in order)
    stages: list[Stage] = []
    if scope.problem.previous is not None:
        stages += _replan_stages(built)
    if built.poc_week is not None:
        stages.append(Stage("poc_week", "Finding the earliest POC decision", built.poc_week, 2.0))
    if weights:
        stages.append(
            Stage("target_week", "Finding the earliest week of the target phase", built.target_week, 4.0)
        )
    gate_weeks = sum(weight * built.week[point] for point, weight in weights.items())
    ranks = sum(rank * built.start[key] for rank, key in enumerate(reversed(order), start=1))
    return [
        *stages,
        Stage("cost", "Saving money", cost(built), 3.0),
        Stage("gate_weeks", "Bringing gates forward", gate_weeks, 2.0, False),
        Stage("items", "Leaving out what is not needed", sum(built.chosen.values()), 1.0),
        Stage("starts", "Starting early", sum(built.start.values()) - waiting, 1.2, False),
        Stage("order", "Settling ties", ranks, 0.3, False),
    ]


def _replan_stages(built: Model) -> list[Stage]:
    """First the slip of the POC decision, then weeks moved plus 8 for each item added or dropped."""
    problem = built.scope.problem
    previous = problem.previous
    assert previous is not None  # noqa: S101 - asked for replans only
    stages = []
    if previous.poc_week is not None and built.poc_week is not None:
        slip = built.cp.new_int_var(0, 2 * problem.by_week + 520, "slip")
        built.cp.add(slip >= built.poc_week - previous.poc_week)
        stages.append(Stage("poc_slip", "Holding the POC decision", slip, 1.0))
    planned = {key: week for key, week in previous.starts if key not in problem.fixed}
    changes: list[Any] = [WEEKS_PER_CHANGE for key in planned if key not in built.chosen]
    for key, chosen in built.chosen.items():
        if key not in planned:
            changes.append(WEEKS_PER_CHANGE * chosen)
            continue
        moved = built.cp.new_int_var(0, problem.by_week + 520, f"moved {key}")
        built.cp.add(moved >= built.start[key] - planned[key]).only_enforce_if(chosen)
        built.cp.add(moved >= planned[key] - built.start[key]).only_enforce_if(chosen)
        changes.append(moved + WEEKS_PER_CHANGE * chosen.negated())
    return [*stages, Stage("changes", "Keeping what is agreed", sum(changes), 2.0)]
