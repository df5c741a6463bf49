"""Plans through their actions: making, publishing, planning again, choices, progress, being out of date."""

from __future__ import annotations

import datetime
import json

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from assessment.models import Result
from roadmap import actions, making
from roadmap.catalogue import Catalogue
from roadmap.checker import Violation
from roadmap.models import InitiativeChoice, ItemProgress, Plan, PlanRequest
from roadmap.queries import ground_of, published_plan, today_of
from roadmap.standing import late_items, standing_of
from roadmap.use_case_actions import create_use_case
from tests.roadmap.plans import closed_round, lean_plan, made, wishes_for
from ui.errors import Conflict, Invalid

OPEN = {"team.production_ownership.on_call": 0, "culture.leadership_support.why_explained": 0}


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Runs the worker as soon as the request is committed."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def result(cast) -> Result:
    return closed_round(cast.organization, cast.frank, level=3, but=OPEN)


@pytest.fixture
def plan(cast, result) -> Plan:
    return lean_plan(cast.organization, cast.frank)


def again(commits, plan: Plan, by, **more) -> Plan:
    with commits():
        request = actions.replan(plan, by=by, **more)
    return made(request)


def first_planned(plan: Plan) -> dict:
    items = [item for item in plan.content["items"] if item["state"] == "planned"]
    return min(items, key=lambda item: (item["start_week"], item["key"]))


def test_a_plan_is_stored_with_all_that_it_rests_on(cast, plan, result):
    assert plan.number == 1
    assert plan.state == "draft"
    assert plan.result == result
    assert plan.result_hash == result.result_hash
    assert plan.content["input_hash"] == plan.input_hash
    assert json.loads(plan.problem)["target_phase"] == 2
    assert plan.entries.keys() >= {item["key"] for item in plan.content["items"]}
    assert AuditEvent.objects.filter(event="plan.made", subject_id=str(plan.pk)).count() == 1


def test_the_same_wishes_give_the_same_bytes(cast, commits, plan):
    with commits():
        request = actions.request_plan(
            cast.organization, wishes_for(cast.organization), by=cast.frank, name="Again"
        )
    second = made(request)
    assert second.pk != plan.pk
    assert (second.input_hash, second.plan_hash) == (plan.input_hash, plan.plan_hash)
    assert second.canonical == plan.canonical


def test_a_stored_plan_cannot_be_changed(plan):
    plan.name = "Another"
    with pytest.raises(TypeError):
        plan.save()


def test_a_request_that_runs_twice_makes_one_plan(cast, plan):
    request = PlanRequest.objects.get(plan=plan)
    making.make_plan(lambda *args: None, str(request.pk))
    assert Plan.objects.count() == 1


def test_pressing_the_button_twice_starts_one_job(cast, result):
    wishes = wishes_for(cast.organization)
    first = actions.request_plan(cast.organization, wishes, by=cast.frank, name="Lean")
    second = actions.request_plan(cast.organization, wishes, by=cast.frank, name="Lean")
    assert first == second
    assert PlanRequest.objects.count() == 1


def test_a_plan_that_breaks_a_rule_is_not_stored(cast, commits, result, monkeypatch):
    found = [Violation("budget", "explain_why", "It costs too much.")]
    monkeypatch.setattr(making, "check", lambda problem, plan: found)
    with commits():
        request = actions.request_plan(cast.organization, wishes_for(cast.organization), by=cast.frank)
    request.refresh_from_db()
    assert request.job.state == "failed"
    assert "It costs too much." in request.job.message
    assert not Plan.objects.exists()


def test_without_a_closed_round_there_is_nothing_to_plan_from(cast):
    with pytest.raises(Invalid, match="Close an assessment first"):
        actions.request_plan(cast.organization, wishes_for(cast.organization), by=cast.frank)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("by", {"by": datetime.date(2001, 1, 1)}),
        ("start", {"start": datetime.date(1990, 1, 1)}),
        ("budget", {"budget": -1}),
        ("capacity", {"capacity": {"wizard": 10}}),
        ("at_once", {"at_once": {"leaders": 99}}),
        ("preferred_route", {"preferred_route": "magic"}),
        ("target_phase", {"target_phase": 7}),
    ],
)
def test_what_cannot_be_planned_with_is_named(cast, result, field, change):
    with pytest.raises(Invalid) as refused:
        actions.request_plan(cast.organization, wishes_for(cast.organization, **change), by=cast.frank)
    assert field in refused.value.fields
    assert not PlanRequest.objects.exists()


def test_publishing_replaces_the_plan_before(cast, commits, plan):
    actions.publish_plan(plan, by=cast.frank)
    second = again(commits, plan, cast.frank)
    actions.publish_plan(second, by=cast.frank)
    plan.refresh_from_db()
    assert (plan.state, second.state) == ("replaced", "published")
    assert published_plan(cast.organization) == second


def test_two_people_who_publish_the_same_draft(cast, plan):
    stale = Plan.objects.get(pk=plan.pk)
    actions.publish_plan(plan, by=cast.frank)
    with pytest.raises(Conflict):
        actions.publish_plan(stale, by=cast.alice)


def test_the_database_holds_one_published_plan(cast, commits, plan):
    actions.publish_plan(plan, by=cast.frank)
    second = again(commits, plan, cast.frank)
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=second.pk).update(state="published", published_at=second.created_at)


def test_a_published_plan_is_not_put_aside(cast, plan):
    actions.publish_plan(plan, by=cast.frank)
    with pytest.raises(Conflict):
        actions.archive_plan(plan, by=cast.frank)


def test_what_is_running_keeps_its_weeks_in_a_replan(cast, commits, plan):
    key = first_planned(plan)["key"]
    today = today_of(cast.organization)
    actions.record_progress(
        cast.organization, key, by=cast.bob, state="running", started_on=today - datetime.timedelta(days=9)
    )
    second = again(commits, plan, cast.frank)
    item = next(item for item in second.content["items"] if item["key"] == key)
    assert item["state"] == "running"
    assert item["start_week"] < 0
    assert second.based_on == plan


def test_what_is_left_out_by_hand_is_out_of_the_next_plan(cast, commits, plan):
    key = "poc_2_internal"
    assert key in {item["key"] for item in plan.content["items"]}
    actions.set_item(cast.organization, key, by=cast.frank, choice="out")
    second = again(commits, plan, cast.frank)
    assert second.found
    assert key not in {item["key"] for item in second.content["items"]}


def test_a_week_set_by_hand_holds(cast, commits, plan):
    key = first_planned(plan)["key"]
    monday = wishes_for(cast.organization).start + datetime.timedelta(weeks=3)
    row = actions.set_item(
        cast.organization, key, by=cast.frank, choice="pin", monday=monday + datetime.timedelta(days=2)
    )
    assert row.monday == monday
    second = again(commits, plan, cast.frank)
    assert next(item for item in second.content["items"] if item["key"] == key)["start_week"] == 3


def test_a_week_in_the_past_is_refused(cast, result):
    with pytest.raises(Invalid) as refused:
        actions.set_item(
            cast.organization, "explain_why", by=cast.frank, choice="pin", monday=datetime.date(2020, 1, 6)
        )
    assert "Choose a day from" in refused.value.fields["monday"][0]


def test_a_choice_can_be_taken_back(cast, result):
    actions.set_item(cast.organization, "explain_why", by=cast.frank, choice="in")
    actions.set_item(cast.organization, "explain_why", by=cast.frank, choice="")
    assert not InitiativeChoice.objects.exists()


def test_choices_about_work_that_has_begun_are_refused(cast, result):
    actions.record_progress(cast.organization, "explain_why", by=cast.bob, state="running")
    with pytest.raises(Conflict):
        actions.set_item(cast.organization, "explain_why", by=cast.frank, choice="out")


def test_dropped_work_is_left_out(cast, result):
    actions.record_progress(cast.organization, "explain_why", by=cast.bob, state="dropped")
    assert "explain_why" in ground_of(cast.organization, result).left_out


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("started_on", {"state": "running", "started_on": datetime.date(2999, 1, 1)}),
        (
            "finished_on",
            {
                "state": "done",
                "started_on": datetime.date(2026, 1, 2),
                "finished_on": datetime.date(2026, 1, 1),
            },
        ),
        ("state", {"state": "sleeping"}),
    ],
)
def test_progress_that_cannot_be_is_named(cast, field, values):
    with pytest.raises(Invalid) as refused:
        actions.record_progress(cast.organization, "explain_why", by=cast.bob, **values)
    assert field in refused.value.fields
    assert not ItemProgress.objects.exists()


def test_two_editors_of_the_same_progress(cast):
    actions.record_progress(cast.organization, "explain_why", by=cast.bob, state="running", seen=0)
    with pytest.raises(Conflict, match="Bob changed this meanwhile: it is running now"):
        actions.record_progress(cast.organization, "explain_why", by=cast.frank, state="dropped", seen=0)


def test_a_poc_is_about_a_use_case_of_its_own_organization(cast):
    case = create_use_case(cast.organization, by=cast.frank, values={"title": "Bearing failure"})
    actions.bind_use_case(cast.organization, "poc_2_internal", case, by=cast.frank)
    assert ItemProgress.objects.get().use_case == case
    theirs = create_use_case(cast.other, by=cast.charlie, values={"title": "Theirs"})
    with pytest.raises(Invalid):
        actions.bind_use_case(cast.organization, "poc_2_internal", theirs, by=cast.frank)
    with pytest.raises(Invalid, match="Only a POC"):
        actions.bind_use_case(cast.organization, "explain_why", case, by=cast.frank)


def test_a_plan_is_fresh_until_something_upstream_changes(cast, commits, plan):
    assert not standing_of(plan).replan_needed
    actions.record_progress(cast.organization, first_planned(plan)["key"], by=cast.bob, state="running")
    assert not standing_of(plan).replan_needed, "doing what was planned is no reason to plan again"
    actions.set_item(cast.organization, "explain_why", by=cast.frank, choice="out")
    assert len(standing_of(plan).reasons) == 1
    closed_round(cast.organization, cast.frank, level=3, title="Round 2")
    assert any("Round 2" in reason for reason in standing_of(plan).reasons)


def test_an_initiative_of_ones_own_is_planned_and_makes_the_plan_stale(cast, commits, plan):
    entry = {
        "title": "Hold a breakfast on why",
        "pillar": "culture",
        "phase": 1,
        "kind": "practice",
        "audience": "leaders",
        "duration_weeks": 1,
        "lifts": [{"item": "culture.leadership_support.why_explained", "from": 0, "to": 2}],
        "effort": {},
        "cost_low": 0,
        "cost_high": 0,
        "why": "It is quick.",
        "done_when": "All were there.",
    }
    row = actions.add_own_initiative(cast.organization, entry, by=cast.frank)
    assert standing_of(plan).reasons == ("Initiatives of the catalogue were added or changed.",)
    actions.set_item(cast.organization, row.key, by=cast.frank, choice="in")
    second = again(commits, plan, cast.frank)
    assert row.key in {item["key"] for item in second.content["items"]}
    with pytest.raises(Conflict):
        actions.change_own_initiative(row, {"title": "Other"}, by=cast.frank, seen=9)


def test_an_own_initiative_that_raises_nothing_known_is_refused(cast):
    entry = {"title": "x", "lifts": [{"item": "a.b.c", "from": 0, "to": 2}]}
    with pytest.raises(Invalid) as refused:
        actions.add_own_initiative(cast.organization, entry, by=cast.frank)
    assert "pillar" in refused.value.fields


def test_what_leaving_an_item_out_costs(cast, commits, plan):
    key = "poc_2_internal"
    with commits():
        request = actions.request_what_if(plan, by=cast.frank, change="drop", key=key)
    answer = made(request)
    assert answer.what_if["possible"]
    assert answer.kind == "what_if"
    assert key in answer.what_if["left_out"]
    before, after = plan.content, answer.content
    assert answer.what_if["cost"] == after["cost_high"] - before["cost_high"]
    assert answer.what_if["target_weeks"] == after["target_week"] - before["target_week"]


def test_leaving_out_what_nothing_replaces_has_no_plan(cast, commits, plan):
    with commits():
        request = actions.request_what_if(
            plan, by=cast.frank, change="drop", key="explain_why_to_those_involved"
        )
    answer = made(request)
    assert (answer.what_if["possible"], answer.what_if["cost"]) == (False, None)


def test_what_delaying_an_item_costs(cast, commits, plan):
    item = first_planned(plan)
    with commits():
        request = actions.request_what_if(plan, by=cast.frank, change="delay", key=item["key"], weeks=5)
    answer = made(request)
    later = next(one for one in answer.content["items"] if one["key"] == item["key"])
    assert later["start_week"] >= item["start_week"] + 5


def test_no_plan_offers_changes_that_work(cast, commits, result):
    with commits():
        request = actions.request_plan(
            cast.organization, wishes_for(cast.organization, budget=0), by=cast.frank
        )
    none = made(request)
    assert none.status == "infeasible"
    with pytest.raises(Conflict):
        actions.publish_plan(none, by=cast.frank)
    offers = {offer["kind"]: number for number, offer in enumerate(none.relaxations)}
    with commits():
        request = actions.relax_plan(none, offers["budget"], by=cast.frank)
    found = made(request)
    assert found.found
    assert found.cost_high <= none.relaxations[offers["budget"]]["after"]


def test_late_is_what_should_have_begun_or_ended(cast, plan):
    item = first_planned(plan)
    start = plan.week_zero + datetime.timedelta(weeks=item["start_week"])
    assert late_items(plan, {}, start) == []
    found = {row.key: row for row in late_items(plan, {}, start + datetime.timedelta(days=4))}
    assert (found[item["key"]].days, found[item["key"]].begun) == (4, False)


def test_an_own_questionnaire_leaves_out_what_it_does_not_ask(cast, result):
    from roadmap.standard import catalogue_for, standard_catalogue

    catalogue = standard_catalogue()
    small: Catalogue = catalogue_for(catalogue, {"strategy.problem_selection.breadth"})
    lifted = {lift.item for entry in small.initiatives for lift in entry.lifts}
    assert lifted == {"strategy.problem_selection.breadth"}
    assert len(small.initiatives) == len(catalogue.initiatives)
