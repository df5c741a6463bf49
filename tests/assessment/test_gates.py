"""Gates that hold back, current levels, and who is named below a gate."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from assessment.gates import rule
from assessment.scoring import Respondent, score
from assessment.tally import Group
from tests.assessment.rounds import answer, answers, gate, item, people, questionnaire

TWO = questionnaire(
    [item("p.d.a"), item("p.d.b"), item("q.d.c"), item("q.d.d")],
    (gate("p.d.a", 3), gate("p.d.b", 2), gate("q.d.c", 2), gate("q.d.d", 4), gate("p.d.a", 4, 3)),
)


def group(label: str, *levels: int) -> Group:
    return Group((label,), len(levels), sum(levels), sum(x * x for x in levels), 3, 0, 3)


def test_order_of_the_gates_that_hold_back():
    found = [
        *answers("p.d.a", sponsor1=1),
        *answers("p.d.b", sponsor1=1),
        *answers("q.d.c", sponsor1="dk"),
        *answers("q.d.d", sponsor1=0),
    ]
    result = score(TWO, people(sponsor=1), found).to_dict()
    assert [p["key"] for p in result["pillars"]] == ["q", "p"]
    assert result["held_back_by"] == ["q.d.d:4", "q.d.c:2", "p.d.b:2", "p.d.a:3"]
    assert result["unknown_gates"] == ["q.d.c:2"]


def test_equal_shortfalls_are_ordered_by_key_and_later_phases_come_with_the_target():
    found = [answer("sponsor1", key, 1) for key in TWO.items]
    asked = people(sponsor=1)
    assert score(TWO, asked, found).to_dict()["held_back_by"] == ["p.d.b:2", "p.d.a:3", "q.d.c:2", "q.d.d:4"]
    later = score(TWO, asked, found, target_phase=3).to_dict()["held_back_by"]
    assert later == ["p.d.b:2", "p.d.a:3", "p.d.a:4", "q.d.c:2", "q.d.d:4"]


def test_functions_below_and_without_a_level_are_named():
    found = answers("p.d.a", sponsor1=4, lead1=2, maker1=1, maker2=2, legal1="dk")
    result = score(TWO, people(sponsor=1, lead=1, maker=2, legal=1), found)
    [state] = [s for s in result.to_dict()["gates"] if s["key"] == "p.d.a:3"]
    assert [below["functions"] for below in state["below"]] == [["lead"], ["maker"]]
    assert (state["silent"], state["shortfall"], state["holds"]) == ([["legal"]], 1.5, False)


def test_a_function_that_has_not_started_leaves_a_gate_unknown():
    asked = [*people(sponsor=1), Respondent("late", "legal", started=False)]
    result = score(TWO, asked, answers("p.d.a", sponsor1=4))
    assert result.gates[0].holds is None
    assert result.gates[0].silent[0].members == ("legal",)


def test_current_level_is_the_highest_whose_rule_holds():
    found = [
        *answers("p.d.a", sponsor1=4, maker1=2, maker2=3),
        *answers("p.d.b", sponsor1=4, maker1="dk", maker2="dk"),
        *answers("q.d.c", sponsor1=1, maker1=0, maker2=0),
    ]
    result = score(TWO, people(sponsor=1, maker=2), found, consensus={"q.d.d": 3})
    assert result.current_levels == {"p.d.a": 3, "p.d.b": 0, "q.d.c": 0, "q.d.d": 3}


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=4), st.integers(1, 4))
def test_a_gate_that_holds_at_a_level_holds_at_every_lower_one(levels, level):
    groups = [group(f"f{n}", *own) for n, own in enumerate(levels)]
    if rule(groups, level):
        assert all(rule(groups, lower) for lower in range(1, level))
    if rule(groups, level) is False:
        assert all(rule(groups, higher) is False for higher in range(level, 5))
        assert min(g.level for g in groups if g.level is not None) < level - Fraction(1, 2)
