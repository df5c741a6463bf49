"""The checker finds every kind of tampering with a plan that it has just accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from roadmap.checker import check
from roadmap.plan import Plan, PlanItem
from roadmap.planner import plan
from roadmap.problem import Fixed, PlanProblem
from tests.roadmap.small import A, B, C, gate, initiative, problem, standard_problem

Tamper = Callable[[Plan], Plan]


@cache
def asked() -> PlanProblem:
    parts = [
        initiative("base", [(A, 0, 1)], cost_low=1, cost_high=2),
        initiative("goal", [(B, 0, 1)], prerequisites=("base",), needs=[(A, 1)], cost_low=1, cost_high=2),
        initiative("poc", [(C, 0, 1)], kind="poc", duration_weeks=4, needs=[(A, 1)], one_of="poc"),
        initiative("poc_other", [(C, 0, 1)], kind="poc", duration_weeks=9, one_of="poc"),
        initiative("extra", [("team.x.y", 0, 1)]),
        initiative("above", [(B, 1, 2)], phase=2),
        initiative("old", [("team.o.o", 0, 1)]),
        initiative("run", [("team.r.r", 0, 1)], effort={"data_engineer": 40}),
        initiative("work", [("data.w.w", 0, 1)], effort={"ml_engineer": 100}, duration_weeks=2),
    ]
    gates = [gate(B, 1), gate(C, 1), gate("data.w.w", 1), gate(A, 1, phase=3)]
    return problem(
        parts,
        gates,
        poc_decided=False,
        budget=10,
        capacity={"ml_engineer": 50, "data_engineer": 20},
        done=(Fixed("old", -5, -3),),
        running=(Fixed("run", -1, 1),),
    )


@cache
def accepted() -> Plan:
    found = plan(asked())
    assert check(asked(), found) == []
    return found


def moved(key: str, weeks: int, *, stretch: int = 0) -> Tamper:
    def tamper(found: Plan) -> Plan:
        items = tuple(
            replace(item, start_week=item.start_week + weeks, end_week=item.end_week + weeks + stretch)
            if item.key == key
            else item
            for item in found.items
        )
        return replace(found, items=items)

    return tamper


def without(key: str) -> Tamper:
    return lambda found: replace(found, items=tuple(item for item in found.items if item.key != key))


def with_item(key: str, start: int) -> Tamper:
    def tamper(found: Plan) -> Plan:
        entry = asked().catalogue.by_key[key]
        model: PlanItem = found.by_key["base"]
        item = replace(
            model,
            key=key,
            phase=entry.phase,
            kind=entry.kind,
            start_week=start,
            end_week=start + entry.duration_weeks,
        )
        return replace(found, items=(*found.items, item))

    return tamper


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (moved("base", -1), "early"),
        (moved("base", 8), "prerequisite"),
        (moved("base", 1), "need"),
        (moved("goal", 1), "gate_week"),
        (moved("goal", 27), "late"),
        (moved("goal", 0, stretch=1), "duration"),
        (moved("run", 1), "fixed"),
        (moved("old", 1), "fixed"),
        (moved("poc", 1), "poc_week"),
        (without("base"), "prerequisite"),
        (without("goal"), "gate"),
        (without("poc"), "poc"),
        (without("run"), "fixed"),
        (with_item("poc_other", 3), "one_of"),
        (with_item("extra", 10), "purpose"),
        (with_item("above", 0), "entry"),
        (with_item("above", 20), "phase"),
        (with_item("base", 8), "twice"),
        (lambda found: replace(found, cost_high=found.cost_high - 1), "cost"),
        (lambda found: replace(found, target_week=1), "target_week"),
        (lambda found: replace(found, input_hash="0" * 64), "input"),
        (lambda found: replace(found, status="infeasible"), "planned"),
    ],
)
def test_tampering_is_named(tamper: Tamper, code: str) -> None:
    found = {violation.code for violation in check(asked(), tamper(accepted()))}
    assert code in found


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"budget": 3}, "budget"),
        ({"capacity": {"ml_engineer": 49, "data_engineer": 20}}, "duration"),
        ({"capacity": {"data_engineer": 20}}, "role"),
        ({"at_once": {"leaders": 1}}, "audience"),
        ({"forced_out": ("goal",)}, "forced_out"),
        ({"forced_in": ("extra",)}, "forced_in"),
        ({"pins": {"goal": 9}}, "pin"),
        ({"at_least": {"base": 1}}, "early"),
        ({"not_before": 1}, "early"),
        ({"by_week": 4}, "late"),
        ({"poc_decided": False, "preferred_route": "vendor"}, "input"),
    ],
)
def test_a_plan_for_another_input_is_refused(changes: dict[str, object], code: str) -> None:
    found = {violation.code for violation in check(asked().with_changes(**changes), accepted())}
    assert {code, "input"} <= found


def test_capacity_is_checked_week_by_week() -> None:
    parts = [
        initiative(key, [(item, 0, 1)], effort={"ml_engineer": 100}) for key, item in (("a", A), ("b", B))
    ]
    wide = problem(parts, [gate(A, 1), gate(B, 1)], capacity={"ml_engineer": 100})
    found = plan(wide)
    narrow = wide.with_changes(capacity={"ml_engineer": 60})
    told = [violation for violation in check(narrow, found) if violation.code == "capacity"]
    assert [violation.week for violation in told] == [0, 1]
    assert told[0].sentence == "ml_engineer is asked for 100 in week 0 and has 60."


def test_running_work_alone_may_exceed_a_capacity() -> None:
    part = initiative("a", [(A, 0, 1)], effort={"ml_engineer": 200})
    asked_for = problem([part], [gate(A, 1)], capacity={"ml_engineer": 1}, running=(Fixed("a", -1, 1),))
    assert check(asked_for, plan(asked_for)) == []


def test_another_route_than_the_preferred_one_is_refused() -> None:
    routes = [
        initiative("vendor", [(A, 0, 1)], kind="poc", route="vendor", one_of="poc", duration_weeks=3),
        initiative("internal", [(A, 0, 1)], kind="poc", one_of="poc", duration_weeks=5),
    ]
    free = problem(routes, [gate(A, 1)], poc_decided=False)
    found = plan(free)
    told = {violation.code for violation in check(free.with_changes(preferred_route="internal"), found)}
    assert "route" in told


def test_every_item_of_the_standard_plan_is_needed() -> None:
    """Taking any item out of the real plan, or moving it a week forward, is noticed."""
    problem_ = standard_problem(2)
    found = plan(problem_)
    assert check(problem_, found) == []
    for item in found.items:
        assert check(problem_, without(item.key)(found)), item.key
        assert check(problem_, moved(item.key, -1)(found)), item.key
