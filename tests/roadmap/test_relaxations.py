"""Where there is no plan: the smallest change of each kind, each of which really makes one possible."""

from __future__ import annotations

import pytest

from roadmap.checker import check
from roadmap.plan import INFEASIBLE
from roadmap.planner import PlanCancelled, plan
from roadmap.problem import PlanProblem
from roadmap.relaxations import CAPACITY_STEP, Relaxation, relaxations
from roadmap.what_if import delay, drop, know
from tests.roadmap.small import A, B, C, gate, initiative, problem


def tight(**changes: object) -> PlanProblem:
    """Two months of work of one ML engineer and 8 of money, asked for in 4 weeks and 5 of money."""
    parts = [
        initiative("a", [(A, 0, 1)], effort={"ml_engineer": 200}, duration_weeks=4, cost_high=5),
        initiative("b", [(B, 0, 1)], effort={"ml_engineer": 200}, duration_weeks=4, cost_high=3),
    ]
    given = {"capacity": {"ml_engineer": 60}, "by_week": 8, "budget": 8, **changes}
    return problem(parts, [gate(A, 1), gate(B, 1)], **given)


def by_kind(asked: PlanProblem) -> dict[tuple[str, str], Relaxation]:
    assert plan(asked).status == INFEASIBLE
    return {(found.kind, found.ref): found for found in relaxations(asked)}


def test_the_latest_date_needed_is_exact() -> None:
    found = by_kind(tight(by_week=5))
    assert (found["date", ""].before, found["date", ""].after, found["date", ""].proven) == (5, 8, True)
    assert (
        found["date", ""].sentence == "With week 8 instead of 5 as the by-date it is possible: 3 weeks more."
    )
    assert plan(tight(by_week=8)).found
    assert not plan(tight(by_week=7)).found


def test_the_least_money_is_exact() -> None:
    found = by_kind(tight(budget=5))["budget", ""]
    assert (found.before, found.after, found.proven) == (5, 8, True)
    assert plan(tight(budget=8)).found


def test_the_least_hours_of_a_role_are_exact_to_the_step() -> None:
    asked = tight(by_week=4)
    found = by_kind(asked)["role", "ml_engineer"]
    assert found.after == 100
    assert plan(tight(by_week=4, capacity={"ml_engineer": 100})).found
    assert not plan(tight(by_week=4, capacity={"ml_engineer": 100 - CAPACITY_STEP})).found
    assert ("role", "data_engineer") not in by_kind(asked)


def test_one_more_at_once_for_an_audience() -> None:
    asked = tight(at_once={"leaders": 1}, by_week=4, capacity={"ml_engineer": 100})
    found = by_kind(asked)
    assert found["audience", "leaders"].after == 2
    assert ("audience", "technical") not in found


def test_the_fewest_gates_to_drop_are_named() -> None:
    found = by_kind(tight(by_week=4))["gates", ""]
    assert found.after == 1
    assert found.names in {(f"{A}@1",), (f"{B}@1",)}
    item, level = found.names[0].split("@")
    changed = tight(by_week=4, dropped=((item, int(level)),))
    assert check(changed, plan(changed)) == []


def test_choices_by_hand_that_stand_in_the_way_are_named() -> None:
    found = by_kind(tight(pins={"a": 5, "b": 0}))
    assert found["choices", ""].names == ("a",)
    assert by_kind(tight(forced_out=("b",)))["choices", ""].names == ("b",)


def test_one_combination_closes_the_list() -> None:
    asked = tight(by_week=4, budget=5, at_once={"leaders": 1})
    found = relaxations(asked)
    assert {entry.kind for entry in found} == {"gates", "combination"}
    parts = {(part.kind, part.ref): part.after for part in found[-1].parts}
    assert parts["date", ""] == 8
    assert parts["budget", ""] == 8
    changed = asked.with_changes(by_week=8, budget=8, at_once={"leaders": 2})
    assert plan(changed).found


def test_nothing_is_proposed_where_a_plan_exists_or_none_can() -> None:
    assert relaxations(tight()) == ()
    hopeless = problem([initiative("a", [(A, 0, 1)], needs=[(C, 1)])], [gate(A, 1), gate(B, 1)])
    kinds = [entry.kind for entry in relaxations(hopeless)]
    assert kinds == ["gates"]
    assert relaxations(hopeless)[0].after == 2


def test_relaxing_can_be_cancelled() -> None:
    with pytest.raises(PlanCancelled):
        relaxations(tight(by_week=4), cancelled=lambda: True)


def test_dropping_and_delaying_an_item_is_solved_again() -> None:
    parts = [
        initiative("fast", [(A, 0, 1)], cost_high=9, one_of="v"),
        initiative("slow", [(A, 0, 1)], duration_weeks=5, cost_high=1, one_of="v"),
    ]
    asked = problem(parts, [gate(A, 1)])
    before = plan(asked)
    dropped = drop(asked, before, "fast")
    assert (dropped.target_weeks, dropped.cost, dropped.added, dropped.left_out) == (
        3,
        -8,
        ("slow",),
        ("fast",),
    )
    assert dropped.sentence == "Without Fast, the target phase comes 3 weeks later and the plan costs 8 less."
    later = delay(asked, before, "fast", 4)
    assert (later.target_weeks, later.cost, later.moved) == (4, 0, ("fast",))
    only = problem(parts[:1], [gate(A, 1)])
    assert not drop(only, plan(only), "fast").possible


def test_a_do_not_know_is_seen_for_what_it_costs() -> None:
    parts = [
        initiative("a", [(A, 0, 1)], cost_high=4),
        initiative("b", [(B, 0, 1)], duration_weeks=6, cost_high=3),
    ]
    asked = problem(parts, [gate(A, 1), gate(B, 1)], levels={B: 1}, unknown=((B, 1),))
    found = know(asked, plan(asked), (B, 1))
    assert (found.target_weeks, found.cost, found.left_out) == (-4, -3, ("b",))
