"""Every objective of tiny problems equals what trying everything finds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from roadmap.checker import check
from roadmap.plan import INFEASIBLE, NOTHING_TO_DO, OPTIMAL
from roadmap.planner import plan
from roadmap.problem import PlanProblem
from tests.roadmap.brute_force import best
from tests.roadmap.random_problems import problems, wishes


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problems(most=4, by_week=7, longest=3))
def test_every_objective_equals_trying_everything(problem: PlanProblem) -> None:
    compare(problem)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(wishes(most=4, by_week=7, longest=3))
def test_choices_by_hand_are_as_good_as_trying_everything(problem: PlanProblem) -> None:
    compare(problem.with_changes(done=(), running=(), previous=None, unknown=(), day_rates={}))


def compare(problem: PlanProblem) -> None:
    found = plan(problem)
    assert check(problem, found) == []
    expected = best(problem)
    if found.status == NOTHING_TO_DO:
        assert problem.open_gates == ()
        return
    if expected is None:
        assert found.status == INFEASIBLE
        return
    assert found.status == OPTIMAL
    assert tuple(objective.value for objective in found.objectives[:-1]) == expected


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(wishes(most=10, by_week=30, longest=5))
def test_every_plan_passes_the_checker(problem: PlanProblem) -> None:
    found = plan(problem)
    assert check(problem, found) == []
    assert found.found or not [item for item in found.items if item.state == "planned"]
