"""The search: objectives one after the other, each within its share of the deterministic limit.

Nothing here reads a clock: the only limit is the solver's deterministic time, with one worker and a fixed
seed, so the same model gives the same answer on every machine. Cancelling is the only exception.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from roadmap.model import Model
from roadmap.plan import Objective

SEED = 20_261_101
POLL_SECONDS = 0.2

Cancelled = Callable[[], bool]
Progress = Callable[[int, int, str], None]


class PlanCancelled(Exception):
    """Somebody cancelled the search."""


@dataclass(frozen=True)
class Stage:
    """One objective. `seconds`: its share of deterministic time; `sentence`: what the page says meanwhile."""

    name: str
    sentence: str
    expression: Any
    seconds: float
    energetic: bool = True


@dataclass(frozen=True)
class Found:
    """`feasible`: True, False (proven that there is none) or None (not settled within the limit)."""

    feasible: bool | None
    objectives: tuple[Objective, ...]
    starts: dict[str, int]
    dropped: tuple[tuple[str, int], ...] = ()


def search(
    cp_model: Any,
    built: Model,
    stages: Sequence[Stage],
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Found:
    """Minimizes the stages in order; a stage that is not proven passes its best value on as a bound."""
    objectives: list[Objective] = []
    answer: Any = None
    feasible: bool | None = None
    for number, stage in enumerate(stages):
        if progress:
            progress(number, len(stages), stage.sentence)
        if answer is not None:
            _hint(built, answer)
        built.cp.minimize(stage.expression)
        solver, status = _solve(cp_model, built.cp, stage, cancelled)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            if answer is None:
                return Found(False if status == cp_model.INFEASIBLE else None, (), {})
            value = answer.value(stage.expression)
            objectives.append(Objective(stage.name, value, min(value, _bound(solver))))
        else:
            answer, feasible = solver, True
            value = solver.value(stage.expression)
            bound = value if status == cp_model.OPTIMAL else min(value, _bound(solver))
            objectives.append(Objective(stage.name, value, bound))
        built.cp.add(stage.expression <= value)
    chosen = {key: answer.value(built.start[key]) for key in built.chosen if answer.value(built.chosen[key])}
    dropped = tuple(point for point, literal in built.drop.items() if answer.value(literal))
    return Found(feasible, tuple(objectives), chosen, dropped)


def _bound(solver: Any) -> int:
    """The best bound as a whole number: an objective cannot lie between two of them."""
    bound = solver.best_objective_bound
    nearest = round(bound)
    return nearest if abs(bound - nearest) < 1e-6 else int(-(-bound // 1))


def _hint(built: Model, answer: Any) -> None:
    built.cp.clear_hints()
    for variable in built.variables():
        built.cp.add_hint(variable, answer.value(variable))


def _solve(cp_model: Any, model: Any, stage: Stage, cancelled: Cancelled | None) -> tuple[Any, Any]:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    # Searches take turns in one thread: as repeatable as a single one, and far better at large plans.
    solver.parameters.interleave_search = True
    # Reasoning about the work that has to fit into a span of weeks. It proves end weeks that nothing else
    # proves, and costs too much where the objective is a sum over weeks.
    solver.parameters.use_overload_checker_in_cumulative = stage.energetic
    solver.parameters.use_timetable_edge_finding_in_cumulative = stage.energetic
    solver.parameters.max_deterministic_time = stage.seconds
    if cancelled is None:
        return solver, solver.solve(model)
    return solver, _solve_watched(solver, model, cancelled)


def _solve_watched(solver: Any, model: Any, cancelled: Cancelled) -> Any:
    """Solves in a thread of its own while this one asks whether to stop: the question may read a database
    connection, which belongs to the calling thread."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(solver.solve(model)), daemon=True)
    if cancelled():
        raise PlanCancelled
    thread.start()
    while thread.is_alive():
        thread.join(POLL_SECONDS)
        if thread.is_alive() and cancelled():
            solver.stop_search()
            thread.join()
            raise PlanCancelled
    return result[0]
