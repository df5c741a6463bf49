"""The pages of the roadmap as a person uses them: plain forms, without scripts."""

from __future__ import annotations

import datetime

import pytest

from roadmap import actions
from roadmap.models import ItemProgress, Plan, PlanRequest
from roadmap.queries import today_of
from roadmap.use_case_actions import create_use_case
from tests.roadmap.plans import closed_round, lean_plan, made, wishes_for

OPEN = {"team.production_ownership.on_call": 0, "culture.leadership_support.why_explained": 0}
KEY = "explain_why_to_those_involved"
POC = "poc_2_internal"


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def result(cast):
    return closed_round(cast.organization, cast.frank, level=3, but=OPEN)


@pytest.fixture
def plan(cast, result) -> Plan:
    return lean_plan(cast.organization, cast.frank)


def text_of(response) -> str:
    return response.content.decode()


def form_of(client, path: str) -> dict[str, str]:
    """What a browser would send back from the form of a page if nothing was changed."""
    form = client.get(path).context["form"]
    values = {field.html_name: field.value() for field in form}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def test_before_the_first_round_the_page_says_how_to_begin(cast):
    assert "A plan starts from a closed round" in text_of(cast.client("frank").get("/roadmap/"))


def test_after_a_round_leaders_can_plan_and_others_wait(cast, result):
    assert "Make the first plan" in text_of(cast.client("frank").get("/roadmap/"))
    assert "Make the first plan" not in text_of(cast.client("bob").get("/roadmap/"))


def test_the_whole_way_from_wishes_to_a_published_plan(cast, commits, result):
    client = cast.client("frank")
    values = form_of(client, "/roadmap/new/") | {"name": "Lean", "budget": "450000"}
    with commits():
        response = client.post("/roadmap/new/", values)
    request = PlanRequest.objects.get()
    assert response.url == f"/roadmap/requests/{request.pk}/"
    assert request.wishes["capacity"] == {}, "unchanged figures follow the roster"
    plan = made(request)
    assert client.get(response.url).url == f"/roadmap/plans/{plan.pk}/"
    page = text_of(client.get(f"/roadmap/plans/{plan.pk}/"))
    assert "Phase 2 by" in page
    assert "Why it is in" in page
    assert "450,000" in page
    client.post(f"/roadmap/plans/{plan.pk}/publish/")
    plan.refresh_from_db()
    assert plan.state == "published"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("by", "2001-01-01", "lies in the past; choose a day from"),
        ("start", "1990-01-01", "Choose a day from"),
        ("budget", "-5", "Enter 0 or more"),
        ("at_once_leaders", "99", "Enter 20 or less"),
        ("target_phase", "9", "is not one of the choices"),
        ("name", "x" * 61, "At most 60"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(cast, result, field, value, words):
    client = cast.client("frank")
    values = form_of(client, "/roadmap/new/") | {field: value}
    response = client.post("/roadmap/new/", values)
    assert response.status_code == 422
    assert any(words in error for error in response.context["form"].errors[field])
    assert not PlanRequest.objects.exists()


def test_no_money_and_nobody_to_work_is_answered_with_what_would_help(cast, commits, result):
    client = cast.client("frank")
    values = form_of(client, "/roadmap/new/") | {"budget": "0", "name": "خطة مجانية"}
    values |= {name: "0" for name in values if name.startswith("capacity_")}
    with commits():
        client.post("/roadmap/new/", values)
    plan = made(PlanRequest.objects.get())
    page = client.get(f"/roadmap/plans/{plan.pk}/")
    assert "No plan reaches phase 2" in text_of(page)
    assert client.get("/roadmap/history/").status_code == 200


def test_an_offered_change_plans_with_one_press(cast, commits, result):
    client = cast.client("frank")
    with commits():
        values = form_of(client, "/roadmap/new/") | {"budget": "0"}
        client.post("/roadmap/new/", values)
    none = made(PlanRequest.objects.get())
    offer = client.get(f"/roadmap/plans/{none.pk}/").context["offers"][0]
    with commits():
        response = client.post(offer["url"])
    assert made(PlanRequest.objects.get(pk=response.url.split("/")[-2])).found


def test_progress_is_kept_by_members(cast, plan):
    client = cast.client("bob")
    client.post(f"/roadmap/initiatives/{KEY}/progress/", {"state": "running", "seen": "0"})
    assert ItemProgress.objects.get().state == "running"
    assert "Running" in text_of(client.get(f"/roadmap/plans/{plan.pk}/"))
    late = client.post(f"/roadmap/initiatives/{KEY}/progress/", {"state": "done", "seen": "0"})
    assert late.status_code == 409
    refused = client.post(
        f"/roadmap/initiatives/{KEY}/progress/", {"state": "running", "seen": "1", "started_on": "2999-01-01"}
    )
    assert refused.status_code == 422
    assert "It cannot have begun after" in text_of(refused)


def test_a_choice_by_hand_asks_for_a_replan(cast, plan):
    client = cast.client("frank")
    actions.publish_plan(plan, by=cast.frank)
    assert "Replan needed" not in text_of(client.get("/roadmap/"))
    client.post(f"/roadmap/initiatives/{KEY}/choice/", {"choice": "out", "reason": "Told already"})
    assert "Replan needed" in text_of(client.get("/roadmap/"))
    assert "Left out" in text_of(client.get(f"/roadmap/initiatives/{KEY}/"))
    bad = client.post(f"/roadmap/initiatives/{KEY}/choice/", {"choice": "pin", "monday": "2001-01-01"})
    assert bad.status_code == 422
    assert "Choose a day from" in text_of(bad)


def test_a_poc_is_called_by_its_use_case(cast, plan):
    client = cast.client("frank")
    path = f"/roadmap/plans/{plan.pk}/"
    assert "POC 1" in text_of(client.get(path))
    title = "<b>Ein sehr langer Titel</b> " + "x" * 110
    case = create_use_case(cast.organization, by=cast.frank, values={"title": title})
    client.post(f"/roadmap/initiatives/{POC}/use-case/", {"use_case": str(case.pk)})
    page = text_of(client.get(path))
    assert "POC 1" not in page
    assert "&lt;b&gt;Ein sehr langer Titel&lt;/b&gt;" in page
    assert "<b>Ein" not in page


def test_what_if_is_answered_in_weeks_and_money(cast, commits, plan):
    client = cast.client("frank")
    with commits():
        response = client.post(
            f"/roadmap/plans/{plan.pk}/what-if/", {"item": KEY, "change": "delay", "weeks": "6"}
        )
    answer = made(PlanRequest.objects.get(pk=response.url.split("/")[-2]))
    page = text_of(client.get(f"/roadmap/plans/{answer.pk}/answer/"))
    assert "weeks later" in page
    assert (
        client.post(
            f"/roadmap/plans/{plan.pk}/what-if/", {"item": KEY, "change": "delay", "weeks": ""}
        ).status_code
        == 422
    )


def test_two_scenarios_side_by_side(cast, commits, plan):
    client = cast.client("frank")
    with commits():
        request = actions.request_plan(
            cast.organization,
            wishes_for(cast.organization, at_once={"leaders": 1}),
            by=cast.frank,
            name="Slow",
        )
    slow = made(request)
    page = text_of(client.get(f"/roadmap/compare/?a={plan.pk}&b={slow.pk}"))
    assert "Slow" in page
    assert "Leaders 1" in page
    assert "Compare" in text_of(client.get("/roadmap/"))
    assert client.get("/roadmap/compare/?a=x&b=y").status_code == 404
    assert cast.client("charlie").get(f"/roadmap/compare/?a={plan.pk}&b={slow.pk}").status_code == 404


def test_a_late_item_stands_first(cast, plan):
    actions.publish_plan(plan, by=cast.frank)
    started = today_of(cast.organization) - datetime.timedelta(days=40)
    actions.record_progress(
        cast.organization,
        KEY,
        by=cast.bob,
        state="running",
        started_on=started,
    )
    Plan.objects.filter(pk=plan.pk).update(week_zero=plan.week_zero - datetime.timedelta(weeks=8))
    page = text_of(cast.client("bob").get("/roadmap/"))
    assert "late" in page


def test_the_catalogue_is_narrowed_down(cast):
    client = cast.client("victor")
    assert client.get("/roadmap/initiatives/?find=baseline&pillar=strategy").status_code == 200
    assert "No initiative fits" in text_of(client.get("/roadmap/initiatives/?find=zzzz"))
    assert client.get("/roadmap/initiatives/?page=99999&phase=<script>").status_code == 200


def test_figures_are_there_as_numbers(cast, plan):
    client = cast.client("victor")
    for key in ("plan", "attention", "hours"):
        response = client.get(f"/roadmap/plans/{plan.pk}/charts/{key}.csv")
        assert response.status_code == 200
        assert len(response.content.splitlines()) > 1
    assert client.get(f"/roadmap/plans/{plan.pk}/charts/plan.json").json()["data"]
    assert client.get(f"/roadmap/plans/{plan.pk}/charts/other.csv").status_code == 404


@pytest.mark.queries
def test_the_plan_page_asks_the_database_little(cast, plan, django_assert_max_num_queries):
    client = cast.client("victor")
    client.get("/roadmap/")
    with django_assert_max_num_queries(34):
        client.get("/roadmap/")
