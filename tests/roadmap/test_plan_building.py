"""From ground and wishes to the planner's problem, and the rules of balance; no database."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from assessment import questionnaires
from roadmap.plan_rules import BoundCase, PlanFacts, advise
from roadmap.planner import plan
from roadmap.problem import ProblemError
from roadmap.problem_builder import Ground, Work, build_problem, ground_of_questionnaire
from roadmap.staleness import basis_of, changed_parts
from roadmap.standard import default_capacity, plan_rules, standard_catalogue
from roadmap.wishes import PlanWishes, complaints, wishes_from_dict

MONDAY = datetime.date(2026, 11, 23)
DAY, WEEK = datetime.timedelta(days=1), datetime.timedelta(weeks=1)


@pytest.fixture(scope="module")
def ground() -> Ground:
    questionnaire = questionnaires.standard()[0]
    levels = dict.fromkeys((item.key for item in questionnaire.maturity_items), 3)
    levels["culture.leadership_support.why_explained"] = 0
    return ground_of_questionnaire(
        questionnaire, standard_catalogue(), levels=levels, unknown=[], capacity=default_capacity()
    )


def wishes(**changes) -> PlanWishes:
    return PlanWishes(start=MONDAY, target_phase=2).with_changes(**changes)


def test_wishes_survive_json():
    asked = wishes(
        by=MONDAY + 30 * WEEK,
        budget=0,
        capacity={"ml_engineer": 50},
        pins={"explain_why": MONDAY},
        dropped=(("a.b.c", 2),),
        set_aside=("x",),
    )
    assert wishes_from_dict(asked.to_dict()) == asked


@pytest.mark.parametrize(
    ("by", "weeks"),
    [
        (None, 104),
        (MONDAY + 10 * WEEK, 10),
        (MONDAY + 10 * WEEK + 3 * DAY, 10),
        (MONDAY + 10 * WEEK + 4 * DAY, 11),
    ],
)
def test_the_by_date_in_whole_weeks(by, weeks):
    assert wishes(by=by).by_week == weeks


def test_a_by_date_before_the_first_week_is_refused():
    with pytest.raises(ProblemError):
        _ = wishes(by=MONDAY).by_week
    assert "lies in the past" in complaints(wishes(by=MONDAY - 60 * DAY), MONDAY)["by"]


def test_nothing_new_starts_in_the_past(ground):
    assert build_problem(ground, wishes(), today=MONDAY).not_before == 0
    assert build_problem(ground, wishes(), today=MONDAY + DAY).not_before == 1
    assert build_problem(ground, wishes(), today=MONDAY + 3 * WEEK).not_before == 3
    assert build_problem(ground, wishes(), today=MONDAY - 9 * WEEK).not_before == 0


@pytest.mark.parametrize(
    ("started", "until", "done", "start", "end"),
    [
        (MONDAY, MONDAY + 4 * DAY, True, 0, 1),
        (MONDAY - 8 * DAY, MONDAY - DAY, True, -2, 0),
        (MONDAY - WEEK, MONDAY + 10 * DAY, False, -1, 2),
        # It should have ended and has not: it takes this week at least.
        (MONDAY - 4 * WEEK, MONDAY - 2 * WEEK, False, -4, 1),
    ],
)
def test_the_weeks_of_work_that_has_begun(ground, started, until, done, start, end):
    begun = replace(ground, work=(Work("explain_why", started, until, done),))
    problem = build_problem(begun, wishes(), today=MONDAY)
    fixed = (problem.done if done else problem.running)[0]
    assert (fixed.start, fixed.end) == (start, end)


def test_a_wish_goes_before_a_choice_of_the_organization(ground):
    chosen = replace(ground, taken_in=("explain_why",), left_out=("rank_problems",))
    problem = build_problem(
        chosen, wishes(taken_in=("rank_problems",), left_out=("explain_why",)), today=MONDAY
    )
    assert (problem.forced_in, problem.forced_out) == (("rank_problems",), ("explain_why",))


def test_a_week_that_has_passed_binds_no_longer(ground):
    pinned = replace(ground, pins={"explain_why": MONDAY})
    assert build_problem(pinned, wishes(), today=MONDAY).pins == {"explain_why": 0}
    later = build_problem(pinned, wishes(), today=MONDAY + DAY)
    assert (later.pins, later.forced_in) == ({}, ("explain_why",))


def test_choices_set_aside_are_not_followed(ground):
    chosen = replace(ground, left_out=("explain_why",))
    assert build_problem(chosen, wishes(set_aside=("explain_why",)), today=MONDAY).forced_out == ()


def test_the_plan_before_in_the_weeks_of_the_new_one(ground):
    before = plan(build_problem(ground, wishes(), today=MONDAY))
    again = build_problem(ground, wishes(start=MONDAY + 2 * WEEK), today=MONDAY, previous=before)
    assert again.previous is not None
    shifted = {key: week + 2 for key, week in again.previous.starts}
    assert shifted == {item.key: item.start_week for item in before.items}
    assert again.previous.poc_week == (before.poc_week or 0) - 2


def test_the_basis_tells_which_part_changed(ground):
    def basis(one: Ground, asked: PlanWishes | None = None, result: str = "r") -> dict[str, str]:
        return basis_of(one, asked or wishes(), result_hash=result, gone_use_cases=[])

    first = basis(ground)
    assert changed_parts(first, basis(ground, result="other")) == ["result"]
    assert changed_parts(first, basis(replace(ground, capacity={"ml_engineer": 1}))) == ["roster"]
    assert changed_parts(first, basis(replace(ground, taken_in=("explain_why",)))) == ["choices"]
    assert changed_parts(first, basis(replace(ground, poc_decided=True))) == ["use_cases"]
    own = wishes(capacity={"ml_engineer": 5})
    other = replace(ground, capacity={**ground.capacity, "ml_engineer": 7})
    assert changed_parts(basis(ground, own), basis(other, own)) == [], "the wish covers the roster's figure"


@pytest.fixture(scope="module")
def facts(ground) -> PlanFacts:
    problem = build_problem(ground, wishes(), today=MONDAY)
    made = plan(problem)
    by_key = standard_catalogue().by_key
    entries = {
        key: {"lifts": [{"item": x.item, "from": x.from_level, "to": x.to_level} for x in by_key[key].lifts]}
        for key in made.by_key
    }
    return PlanFacts(
        plan=made, today=MONDAY, not_before=0, phase=1, levels=dict(problem.levels), entries=entries
    )


def rules_of(facts: PlanFacts) -> set[str]:
    return {advice.id for advice in advise(facts, plan_rules())}


def test_a_plan_without_a_poc_is_blocked(facts):
    without = replace(facts.plan, items=tuple(item for item in facts.plan.items if item.kind != "poc"))
    found = [advice for advice in advise(replace(facts, plan=without), plan_rules()) if advice.blocks]
    assert [advice.id for advice in found] == ["plan.no_poc"]
    assert "plan.no_poc" not in rules_of(facts)
    assert "plan.no_poc" not in rules_of(replace(facts, plan=without, poc_decided=True))


def test_a_poc_before_anybody_was_told_why(facts):
    told = {**facts.levels, "culture.leadership_support.why_explained": 2}
    early = [replace(item, start_week=0) if item.kind == "poc" else item for item in facts.plan.items]
    rushed = replace(facts, plan=replace(facts.plan, items=tuple(early)))
    assert "plan.skips_why" in rules_of(rushed)
    assert "plan.skips_why" not in rules_of(replace(rushed, levels=told))


def test_a_late_first_decision(facts):
    late = replace(facts, plan=replace(facts.plan, poc_week=27))
    assert "plan.no_early_win" in rules_of(late)
    assert "plan.no_early_win" not in rules_of(replace(late, not_before=1))


def test_a_poc_that_starts_soon_about_nothing(facts):
    poc = facts.pocs[0]
    assert "plan.poc_unbound" in rules_of(replace(facts, today=facts.monday(poc.start_week) - WEEK))
    bound = {poc.key: BoundCase("Bearings", 80.0)}
    assert "plan.poc_unbound" not in rules_of(replace(facts, bound=bound))


def test_a_poc_about_a_weak_or_too_bold_use_case(facts):
    poc = facts.pocs[0].key
    weak = replace(facts, bound={poc: BoundCase("Bearings", 39.0)})
    assert "plan.poc_on_weak_use_case" in rules_of(weak)
    assert "plan.poc_on_weak_use_case" not in rules_of(
        replace(facts, bound={poc: BoundCase("Bearings", 40.0)})
    )
    bold = replace(facts, bound={poc: BoundCase("Bearings", 80.0, ("moon_shot",))}, early_wins=("Quotes",))
    assert "plan.moon_shot_first" in rules_of(bold)
    assert "plan.moon_shot_first" not in rules_of(replace(bold, early_wins=()))


def test_nothing_has_moved_for_six_weeks(facts):
    still = replace(facts, running=True, last_move=MONDAY - 6 * WEEK)
    assert "plan.stalled" not in rules_of(still)
    assert "plan.stalled" in rules_of(replace(still, last_move=MONDAY - 6 * WEEK - DAY))
    assert "plan.stalled" not in rules_of(replace(still, running=False, last_move=MONDAY - 60 * WEEK))


def test_a_hasty_by_date(facts):
    hasty = replace(facts, plan=replace(facts.plan, by_week=25))
    assert "plan.plug_and_play" in rules_of(hasty)
    assert "plan.plug_and_play" not in rules_of(replace(hasty, phase=2))
