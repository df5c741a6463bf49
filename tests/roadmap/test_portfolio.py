"""Worth, feasibility, marks, order and portfolio checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadmap.portfolio import (
    UseCaseFacts,
    access_days_level,
    check_portfolio,
    data_status_level,
    rank,
    score,
    skills_level,
    standing,
)
from roadmap.use_case_rubric import portfolio_sentences, rubric
from ui.yaml_file import load_yaml

TODAY = date(2026, 11, 20)
DEMO = Path(__file__).parents[2] / "fixtures" / "demo" / "halvorsen.yaml"
QUESTIONS = [question for axis in ("worth", "feasibility") for question in rubric().questions[axis]]
_levels = st.dictionaries(st.sampled_from([question.id for question in QUESTIONS]), st.integers(0, 4))


def _facts(key: str, level: int = 3, **fields: Any) -> UseCaseFacts:
    levels = {question.id: level for question in QUESTIONS} | fields.pop("levels", {})
    return UseCaseFacts(key=key, title=key.title(), levels=levels, horizon="m6", data_origin="own", **fields)


def _ids(*facts: UseCaseFacts, **around: Any) -> set[str]:
    standings = [standing(item, rubric()) for item in facts]
    return {
        problem.id.removeprefix("portfolio.") for problem in check_portfolio(standings, today=TODAY, **around)
    }


def test_scores_by_hand() -> None:
    feasibility = rubric().questions["feasibility"]
    levels = {"data_status": 1, "access_days": 3, "skills": 3, "complexity": 3, "signal": 3, "tolerance": 3}
    # weights 2.5, 1.5, 2, 2, 1.5, 2: (2.5 x 1 + 9 x 3) / 4 / 11.5
    assert score(feasibility, levels).value == pytest.approx(100 * 29.5 / 46)
    assert score(feasibility, levels).rounded == 64
    assert score(feasibility, {}).value is None
    partly = score(feasibility, {"skills": 4, "complexity": 2})
    assert (partly.value, partly.is_provisional) == (75.0, True)
    assert partly.coverage == pytest.approx(4 / 11.5)
    with pytest.raises(ValueError, match="0 to 4"):
        score(feasibility, {"skills": 5})


def test_the_demo_has_the_scores_that_it_names() -> None:
    seen = 0
    for entry in load_yaml(DEMO)["use_cases"]:
        if not isinstance(entry, dict) or "expect" not in entry:
            continue
        levels = {
            key: pair[0] for axis in ("worth", "feasibility") for key, pair in entry[axis].items() if pair
        }
        item = standing(
            UseCaseFacts(
                entry["id"], levels=levels, horizon=entry["horizon"], data_origin=entry["data_origin"]
            ),
            rubric(),
        )
        expected = entry["expect"]
        assert (item.worth.rounded, item.feasibility.rounded) == (
            expected["worth"],
            expected["feasibility"],
        ), entry["id"]
        assert set(expected.get("marks", [])) <= set(item.marks), entry["id"]
        seen += 1
    assert seen >= 3


@given(_levels, st.sampled_from(QUESTIONS))
def test_scores_stay_in_range_and_rise_with_a_level(levels: dict[str, int], raised: Any) -> None:
    questions = rubric().questions[raised.axis]
    before = score(questions, levels)
    assert before.value is None or 0 <= before.value <= 100
    assert 0 <= before.coverage <= 1
    if raised.id in levels and levels[raised.id] < 4:
        after = score(questions, {**levels, raised.id: levels[raised.id] + 1})
        assert after.value is not None
        assert before.value is not None
        assert after.value >= before.value


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=6), st.randoms())
def test_order_does_not_depend_on_the_order_given(pairs: list[tuple[int, int]], random: Any) -> None:
    items = [
        standing(_facts(f"u{n}", base, levels={"tolerance": low}), rubric())
        for n, (base, low) in enumerate(pairs)
    ]
    shuffled = random.sample(items, len(items))
    assert rank(items) == rank(shuffled)


def test_marks_and_quadrants() -> None:
    def marks(**levels: int) -> set[str]:
        return set(standing(_facts("a", 3, levels=levels), rubric()).marks)

    assert marks() == {"early_win"}
    assert marks(tolerance=0) == {"stop_tolerance"}
    assert marks(beyond_rules=0) == {"stop_rules"}
    assert marks(data_status=0) == {"stop_data"}
    assert "unknown_baseline" in marks(process=1)
    assert "moon_shot" in marks(complexity=0, signal=1)
    assert "buy_in_missing" in marks(buy_in=1)
    assert standing(_facts("a", 4), rubric()).quadrant == "start_here"
    assert standing(_facts("a", 1), rubric()).quadrant == "leave"
    assert standing(UseCaseFacts("a"), rubric()).quadrant == ""


def test_stoppers_stand_last_and_early_wins_first() -> None:
    stopped = _facts("stopped", 4, levels={"tolerance": 0})
    early, late = _facts("early", 3), replace(_facts("late", 4), horizon="later")
    order = [item.facts.key for item in rank(standing(facts, rubric()) for facts in (stopped, late, early))]
    assert order == ["early", "late", "stopped"]


def test_levels_from_the_register() -> None:
    assert data_status_level(["best", "acceptable", "better"]) == 1
    assert data_status_level([]) is None
    assert [access_days_level([days]) for days in (61, 60, 30, 10, 2)] == [0, 1, 2, 3, 4]
    assert access_days_level([None, 4, 12]) == 2
    assert access_days_level([None]) is None


def test_skills_by_the_roster() -> None:
    covered, partner, partly, unfilled = (
        ("covered", False),
        ("covered", True),
        ("partly", False),
        ("open", False),
    )
    assert skills_level(covered, covered) == 4
    assert skills_level(covered, partner) == 3
    assert skills_level(unfilled, covered) == 2
    assert skills_level(partly, unfilled) == 1
    assert skills_level(unfilled, unfilled) == 0


def _running(key: str, **fields: Any) -> UseCaseFacts:
    base: dict[str, Any] = {
        "state": "running", "budget": 10,
        "starts_on": TODAY - timedelta(days=30), "ends_on": TODAY + timedelta(days=30),
    }  # fmt: skip
    return _facts(key, **(base | fields))


def test_a_balanced_portfolio_is_left_alone() -> None:
    units = ["sales", "service", "plant"]
    assert _ids(*(_running(unit, unit=unit, team=(unit,)) for unit in units), data_scientists=3) == set()


def test_portfolio_checks() -> None:
    one, two = _running("one"), _running("two")
    assert "one_big_bet" in _ids(one)
    assert "one_big_bet" in _ids(one, _running("two", budget=90))
    assert "no_early_win" in _ids(_facts("idea"))
    moon = _running("moon", level=4, levels={"complexity": 0, "signal": 0})
    assert "moon_shot_first" in _ids(moon)
    assert "moon_shot_first" not in _ids(moon, live_models=1)
    assert "too_narrow" in _ids(*(_facts(f"u{n}", unit="sales") for n in range(4)))
    assert "no_other_uses" in _ids(_facts("a", state="scaled"))
    assert "shared_people" in _ids(*(_running(f"u{n}", team=("Priya",)) for n in range(3)))
    apart = [_running(f"u{n}", team=("Priya",), starts_on=TODAY + timedelta(days=70 * n),
                      ends_on=TODAY + timedelta(days=70 * n + 60)) for n in range(3)]  # fmt: skip
    assert "shared_people" not in _ids(*apart)
    assert "too_many" in _ids(one, two, data_scientists=1)
    assert "too_many" not in _ids(one, two)
    assert "same_data" in _ids(one, replace(two, assets=(("Tickets", "acceptable"),)),
                               replace(one, key="x", assets=(("Tickets", "acceptable"),)),
                               replace(one, key="y", assets=(("Tickets", "acceptable"),)),
                               replace(one, key="z", assets=(("Tickets", "acceptable"),)))  # fmt: skip
    assert "no_value" in _ids(_running("a", levels={"return": 1, "process": 0}))
    assert "no_buy_in" in _ids(_running("a", levels={"buy_in": 1}))
    assert "orphan_poc" in _ids(_running("a", ends_on=TODAY - timedelta(days=15)))
    assert "orphan_poc" not in _ids(_running("a", ends_on=TODAY - timedelta(days=14)))
    assert "lesson_unused" in _ids(_facts("a", state="stopped"))
    assert "never_stops" in _ids(*(_facts(f"u{n}", state="scaled") for n in range(5)))


def test_rules_that_wait_for_later_stages_are_known() -> None:
    waiting = {"portfolio.single_expert", "portfolio.scale_too_early"}
    source = (Path(__file__).parents[2] / "roadmap" / "portfolio.py").read_text()
    assert {
        key for key in portfolio_sentences() if f'"{key.removeprefix("portfolio.")}"' not in source
    } == waiting
