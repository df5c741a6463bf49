"""What the planner promises, rule by rule, on small problems that can be solved in the head."""

from __future__ import annotations

import datetime
import json

import pytest

from roadmap.checker import check
from roadmap.plan import FEASIBLE, INFEASIBLE, NOTHING_TO_DO, OPTIMAL, OPTIMAL_FOR_POOL, Plan, plan_from_dict
from roadmap.planner import PlanCancelled, plan
from roadmap.problem import Fixed, PlanProblem, Previous, ProblemError, first_monday
from tests.roadmap.small import A, B, C, D, gate, initiative, problem


def starts(found: Plan) -> dict[str, int]:
    return {item.key: item.start_week for item in found.items}


def solved(asked: PlanProblem, status: str = OPTIMAL) -> Plan:
    found = plan(asked)
    assert found.status == status, found.sentence
    assert check(asked, found) == []
    return found


def test_week_zero_is_the_first_monday_on_or_after_the_start() -> None:
    assert first_monday(datetime.date(2026, 11, 23)) == datetime.date(2026, 11, 23)
    assert first_monday(datetime.date(2026, 11, 24)) == datetime.date(2026, 11, 30)
    assert first_monday(datetime.date(2026, 11, 29)) == datetime.date(2026, 11, 30)


def test_a_lift_counts_from_the_end_and_needs_its_from_at_the_start() -> None:
    found = solved(problem([initiative("a", [(A, 0, 1)]), initiative("b", [(A, 1, 2)])], [gate(A, 2)]))
    assert starts(found) == {"a": 0, "b": 2}
    assert [(g.item, g.week, g.closed_by) for g in found.gates] == [(A, 4, "b")]
    assert found.target_week == 4


def test_phase_entry_holds_back_until_the_gates_of_the_pillar_hold() -> None:
    parts = [initiative("first", [(A, 0, 1)]), initiative("second", [(B, 0, 1)], phase=2)]
    gates = [gate(A, 1), gate(B, 1, phase=3)]
    found = solved(problem(parts, gates, target_phase=3))
    assert starts(found) == {"first": 0, "second": 2}
    weeks = {(phase.pillar, phase.phase): phase.week for phase in found.phases}
    assert weeks["strategy", 2] == 2
    assert weeks["strategy", 3] == weeks["", 3] == 4
    assert weeks["team", 3] == 0


def test_initiatives_of_the_target_phase_come_next_unless_taken_in() -> None:
    parts = [initiative("first", [(A, 0, 1)]), initiative("later", [(A, 1, 2)], phase=2)]
    found = solved(problem(parts, [gate(A, 1)]))
    assert starts(found) == {"first": 0}
    assert found.next_items == ("later",)
    forced = solved(problem(parts, [gate(A, 1)], forced_in=("later",)))
    assert starts(forced) == {"first": 0, "later": 2}
    assert forced.target_week == 2
    assert [reason.kind for reason in forced.by_key["later"].why] == ["wish"]


def test_a_higher_initiative_is_planned_where_another_pillar_needs_it() -> None:
    parts = [
        initiative("first", [(A, 0, 1)], needs=[(C, 1)]),
        initiative("other", [(C, 0, 1)], phase=2),
    ]
    found = solved(problem(parts, [gate(A, 1)]))
    assert starts(found) == {"other": 0, "first": 2}


def test_a_prerequisite_counts_as_met_when_all_it_lifts_stands() -> None:
    parts = [
        initiative("before", [(B, 0, 2)], cost_high=5),
        initiative("goal", [(A, 0, 1)], prerequisites=("before",)),
    ]
    assert starts(solved(problem(parts, [gate(A, 1)]))) == {"before": 0, "goal": 2}
    assert starts(solved(problem(parts, [gate(A, 1)], levels={B: 2}))) == {"goal": 0}
    cheap = [*parts, initiative("instead", [(B, 0, 2)])]
    assert starts(solved(problem(cheap, [gate(A, 1)]))) == {"instead": 0, "goal": 2}


def test_one_of_a_set_of_variants_fast_first_then_cheap() -> None:
    parts = [
        initiative("slow", [(A, 0, 1)], one_of="v", duration_weeks=6),
        initiative("fast", [(A, 0, 1)], one_of="v", duration_weeks=2, cost_high=10),
    ]
    assert starts(solved(problem(parts, [gate(A, 1)]))) == {"fast": 0}
    assert starts(solved(problem(parts, [gate(A, 1)], budget=9))) == {"slow": 0}
    pinned = solved(problem(parts, [gate(A, 1)], pins={"slow": 3}))
    assert starts(pinned) == {"slow": 3}
    assert pinned.by_key["slow"].why_now[0].kind == "pin"


def test_audiences_take_two_at_once_and_all_counts_in_each() -> None:
    items = (A, B, C, D)
    leaders = [initiative(f"i{n}", [(item, 0, 1)]) for n, item in enumerate(items)]
    gates = [gate(item, 1) for item in items]
    assert solved(problem(leaders, gates)).target_week == 4
    assert solved(problem(leaders, gates, at_once={"leaders": 4})).target_week == 2
    mixed = [*leaders[:2], initiative("i2", [(C, 0, 1)], audience="all"), initiative("i3", [(D, 0, 1)])]
    assert solved(problem(mixed, gates, at_once={"business": 0}), INFEASIBLE).items == ()
    apart = [initiative(f"i{n}", [(item, 0, 1)], audience="all") for n, item in enumerate(items)]
    assert solved(problem(apart, gates, at_once={"business": 1})).target_week == 8


def test_a_small_role_stretches_and_a_role_of_none_rules_out() -> None:
    part = initiative("a", [(A, 0, 1)], effort={"ml_engineer": 300})
    wide = solved(problem([part], [gate(A, 1)], capacity={"ml_engineer": 150}))
    assert wide.by_key["a"].end_week == 2
    assert wide.by_key["a"].demand == {"ml_engineer": 150}
    narrow = solved(problem([part], [gate(A, 1)], capacity={"ml_engineer": 70}))
    assert narrow.by_key["a"].end_week == 5
    assert narrow.by_key["a"].demand == {"ml_engineer": 60}
    none = solved(problem([part], [gate(A, 1)]), INFEASIBLE)
    assert none.impossible == ("Nothing that may be planned brings a to level 1 by week 30.",)


def test_capacity_is_shared_week_by_week_and_said() -> None:
    parts = [
        initiative(f"i{n}", [(item, 0, 1)], effort={"ml_engineer": 100}) for n, item in enumerate((A, B))
    ]
    found = solved(problem(parts, [gate(A, 1), gate(B, 1)], capacity={"ml_engineer": 60}))
    assert starts(found) == {"i0": 0, "i1": 2}
    assert [(r.kind, r.ref) for r in found.by_key["i1"].why_now] == [("role", "ml_engineer")]
    assert [(limit.kind, limit.ref, limit.weeks) for limit in found.limits] == [
        ("chain", "", 2),
        ("role", "ml_engineer", 2),
    ]


def test_budget_counts_the_high_end_and_day_rates() -> None:
    part = initiative("a", [(A, 0, 1)], cost_low=1, cost_high=100, effort={"ml_engineer": 50})
    asked = problem(
        [part], [gate(A, 1)], capacity={"ml_engineer": 100}, day_rates={"ml_engineer": 200}, budget=600
    )
    found = solved(asked)
    assert (found.cost_low, found.cost_high) == (501, 600)
    assert plan(asked.with_changes(budget=599)).status == INFEASIBLE


def test_the_first_poc_decision_comes_before_the_target() -> None:
    """Deciding early wins over reaching the phase early."""
    parts = [
        initiative("poc", [(A, 0, 1)], kind="poc", duration_weeks=5),
        *(initiative(f"i{n}", [(item, 0, 1)], duration_weeks=6) for n, item in enumerate((B, C))),
    ]
    found = solved(
        problem(parts, [gate(A, 1), gate(B, 1), gate(C, 1)], poc_decided=False, at_once={"leaders": 1})
    )
    assert found.poc_week == 4
    assert found.by_key["poc"].decision_week == 4
    assert {reason.kind for reason in found.by_key["poc"].why} == {"gate", "poc"}


def test_a_poc_is_planned_for_its_own_sake_only_where_no_gate_asks_for_one() -> None:
    part, poc = initiative("a", [(A, 0, 1)]), initiative("poc", [(B, 0, 1)], kind="poc", duration_weeks=4)
    assert set(starts(solved(problem([part, poc], [gate(A, 1)], poc_decided=False)))) == {"a", "poc"}
    assert set(starts(solved(problem([part, poc], [gate(A, 1)])))) == {"a"}
    asked = initiative("asked", [(A, 0, 1)], kind="poc", duration_weeks=6)
    assert set(starts(solved(problem([asked, poc], [gate(A, 1)], poc_decided=False)))) == {"asked"}
    none = plan(problem([part], [gate(A, 1)], poc_decided=False))
    assert none.impossible == ("No POC can be decided by week 30.",)


def test_the_preferred_route_is_taken_unless_ruled_out() -> None:
    routes = [
        initiative("vendor", [(A, 0, 1)], kind="poc", route="vendor", one_of="poc", duration_weeks=3),
        initiative(
            "internal", [(A, 0, 1)], kind="poc", one_of="poc", duration_weeks=9, effort={"ml_engineer": 100}
        ),
    ]
    capacity = {"ml_engineer": 50}
    asked = problem(routes, [gate(A, 1)], poc_decided=False, capacity=capacity)
    assert set(starts(solved(asked))) == {"vendor"}
    assert set(starts(solved(asked.with_changes(preferred_route="internal")))) == {"internal"}
    nobody = asked.with_changes(preferred_route="internal", capacity={})
    assert set(starts(solved(nobody))) == {"vendor"}


def test_unknown_gates_count_as_not_holding_and_are_named() -> None:
    parts = [initiative("a", [(A, 0, 2)])]
    asked = problem(parts, [gate(A, 2)], levels={A: 2}, unknown=((A, 2),))
    found = solved(asked)
    assert starts(found) == {"a": 0}
    assert [g.known for g in found.gates] == [False]
    known = problem(parts, [gate(A, 2)], levels={A: 2})
    assert solved(known, NOTHING_TO_DO).items == ()


def test_what_is_done_counts_and_running_work_may_exceed_a_reduced_capacity() -> None:
    parts = [
        initiative("done", [(A, 0, 1)]),
        initiative("running", [(B, 0, 1)], effort={"ml_engineer": 200}, cost_high=7),
        initiative("next", [(A, 1, 2)], effort={"ml_engineer": 20}),
    ]
    asked = problem(
        parts,
        [gate(A, 2), gate(B, 1)],
        capacity={"ml_engineer": 30},
        done=(Fixed("done", -4, -2),),
        running=(Fixed("running", -1, 3),),
        budget=7,
    )
    found = solved(asked)
    assert starts(found) == {"done": -4, "running": -1, "next": 3}
    assert [found.by_key[key].state for key in ("done", "running", "next")] == ["done", "running", "planned"]
    assert plan(asked.with_changes(budget=6)).status == INFEASIBLE


def test_earliest_starts_make_ties_unique_and_each_start_is_explained() -> None:
    parts = [initiative(key, [(item, 0, 1)]) for key, item in (("c", A), ("b", B), ("a", C))]
    found = solved(problem(parts, [gate(A, 1), gate(B, 1), gate(C, 1)]))
    assert starts(found) == {"a": 0, "b": 0, "c": 2}
    assert [reason.kind for reason in found.by_key["a"].why_now] == ["start"]
    assert [reason.kind for reason in found.by_key["c"].why_now] == ["audience"]


def test_weights_decide_which_gate_comes_first() -> None:
    parts = [initiative(key, [(item, 0, 1)]) for key, item in (("a", A), ("b", B))]
    asked = problem(parts, [gate(A, 1, weight=1), gate(B, 1, weight=3)], at_once={"leaders": 1})
    assert starts(solved(asked)) == {"b": 0, "a": 2}


def test_a_lift_without_its_from_is_shown_without_effect() -> None:
    part = initiative("a", [(A, 0, 1), (B, 2, 3)])
    found = solved(problem([part], [gate(A, 1)]))
    assert found.by_key["a"].without_effect == (B,)


def test_replan_holds_the_decision_then_what_is_agreed() -> None:
    parts = [
        initiative("poc", [(A, 0, 1)], kind="poc", duration_weeks=4, audience="technical"),
        initiative("b", [(B, 0, 1)]),
        initiative("b2", [(B, 0, 1)], cost_high=1, duration_weeks=1),
    ]
    gates = [gate(A, 1), gate(B, 1)]
    before = (("poc", 3), ("b", 5))
    asked = problem(parts, gates, poc_decided=False, previous=Previous(before, 6), not_before=2)
    found = solved(asked)
    assert starts(found) == {"poc": 3, "b": 5}
    assert [objective.name for objective in found.objectives[:3]] == ["poc_slip", "changes", "poc_week"]
    assert found.objectives[1].value == 0
    late = solved(asked.with_changes(not_before=4))
    assert starts(late) == {"poc": 4, "b": 5}
    assert [objective.value for objective in late.objectives[:2]] == [1, 1]
    dropped = solved(asked.with_changes(forced_out=("b",)))
    assert dropped.objectives[1].value == 16


def test_progress_is_told_and_cancelling_ends_the_search() -> None:
    asked = problem([initiative("a", [(A, 0, 1)])], [gate(A, 1)])
    told: list[tuple[int, int, str]] = []
    plan(
        asked,
        progress=lambda step, steps, sentence: told.append((step, steps, sentence)),
        cancelled=lambda: False,
    )
    assert [step for step, _, _ in told] == list(range(told[0][1]))
    with pytest.raises(PlanCancelled):
        plan(asked, cancelled=lambda: True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pins": {"x": 1}}, "'x' is not an initiative"),
        ({"forced_in": ("a",), "forced_out": ("a",)}, "both taken in and left out"),
        ({"pins": {"a": 1}, "not_before": 2}, "set to week 1, which has passed"),
        ({"target_phase": 4}, "target phase is 1, 2 or 3"),
        ({"by_week": 0}, "by-date lies between"),
        ({"budget": -1}, "budget cannot be negative"),
        ({"capacity": {"boss": 1}}, "seven roles"),
        ({"running": (Fixed("a", 3, 3),)}, "ends before it starts"),
        ({"done": (Fixed("a", 0, 1),), "running": (Fixed("a", 0, 1),)}, "named twice"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ProblemError, match=told):
        problem([initiative("a", [(A, 0, 1)])], [gate(A, 1)], **changes)


def test_a_plan_survives_a_round_trip_through_json() -> None:
    parts = [initiative("a", [(A, 0, 1)]), initiative("b", [(A, 1, 2), (B, 2, 3)])]
    found = solved(problem(parts, [gate(A, 2)]))
    again = plan_from_dict(json.loads(found.to_json()))
    assert again == found
    assert again.to_json() == found.to_json()


def test_order_of_mappings_and_lists_does_not_change_the_input_hash() -> None:
    parts = [initiative(key, [(item, 0, 1)]) for key, item in (("a", A), ("b", B))]
    one = problem(parts, [gate(A, 1)], levels={A: 0, B: 1}, forced_out=("a", "b"))
    two = problem(parts, [gate(A, 1)], levels={B: 1, A: 0}, forced_out=("b", "a"))
    assert one.input_hash == two.input_hash
    assert one.input_hash != one.with_changes(budget=5).input_hash


def test_large_catalogues_are_searched_within_a_pool() -> None:
    items = [f"strategy.x{n}.y" for n in range(70)]
    parts = [
        initiative(
            f"{name}{n}", [(item, 0, 1)], cost_high=cost, audience=("leaders", "technical", "business")[n % 3]
        )
        for n, item in enumerate(items)
        for name, cost in (("a", 1), ("b", 2), ("c", 3))
    ]
    asked = problem(parts, [gate(item, 1) for item in items], by_week=60)
    found = plan(asked)
    assert check(asked, found) == []
    assert found.status in (OPTIMAL_FOR_POOL, FEASIBLE)
    assert 70 <= found.pool <= 140
    assert found.target_week == 24
