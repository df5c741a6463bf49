"""What closes a gate, on the page of a result: kept out of what is drawn once, and at a constant cost."""

from __future__ import annotations

import html
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment.actions import personal_link
from assessment.result_page import forget
from roadmap import actions
from roadmap.queries import standard_catalogue
from tests.roadmap.plans import closed_round, made, wishes_for

OPEN = {"team.production_ownership.on_call": 0, "culture.leadership_support.why_explained": 0}
WHY = "explain_why_to_those_involved"


@pytest.fixture
def result(cast):
    forget()
    return closed_round(cast.organization, cast.frank, level=3, but=OPEN)


@pytest.fixture
def plan(cast, django_capture_on_commit_callbacks, result):
    with django_capture_on_commit_callbacks(execute=True):
        request = actions.request_plan(
            cast.organization, wishes_for(cast.organization), by=cast.frank, name="Lean"
        )
    return made(request)


def page_of(cast, result) -> str:
    return html.unescape(cast.client("bob").get(f"/assessments/{result.assessment_id}/").content.decode())


def cells(page: str) -> list[str]:
    return [part.partition("</td>")[0] for part in page.split('<td data-term="What closes it">')[1:]]


def test_each_gate_names_an_initiative_that_reaches_its_level(cast, result):
    page = page_of(cast, result)
    found = cells(page)
    held = result.content["held_back_by"]
    assert len(found) == len(held) == 2
    assert "<!--slot" not in page
    gates = {gate["key"]: gate for gate in result.content["gates"]}
    for key, cell in zip(held, found, strict=True):
        named = next(i for i in standard_catalogue().initiatives if f"/roadmap/initiatives/{i.key}/" in cell)
        lifts = {lift.item: lift.to_level for lift in named.lifts}
        assert lifts[gates[key]["item"]] >= gates[key]["level"]
        assert "published plan" not in cell  # there is none yet


def test_a_published_plan_shows_at_once_on_a_page_that_was_drawn_before(cast, plan, result):
    before = page_of(cast, result)
    assert "planned:" not in before
    actions.publish_plan(plan, by=cast.frank)
    after = cells(page_of(cast, result))
    planned = [cell for cell in after if "planned:" in cell]
    assert planned
    item = plan.value.by_key[WHY]
    cell = next(cell for cell in planned if f"/roadmap/initiatives/{WHY}/" in cell)
    assert f"planned: {item.end_week - item.start_week} week" in cell
    assert "not in the published plan" not in cell.partition("planned:")[0]


@pytest.mark.queries
def test_more_open_gates_ask_the_database_no_more(cast, result):
    few, client = result.assessment_id, cast.client("bob")
    many = closed_round(cast.organization, cast.frank, level=0, title="Round 2").assessment_id
    counts = []
    for pk in (few, many):
        client.get(f"/assessments/{pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/assessments/{pk}/")
        counts.append(len(queries))
    # The second round also looks for the one before it.
    assert counts[1] <= counts[0] + 1


def test_respondents_do_not_see_the_roadmap(cast, result, client):
    person = result.assessment.respondents.first()
    client.get(urlsplit(personal_link(person, by=cast.frank)).path, follow=True)
    page = client.get(f"/answer/{person.pk}/result/").content.decode()
    assert "stand between" in page or "gate" in page
    assert "What closes it" not in page
    assert "/roadmap/" not in page
    assert "<!--slot" not in page
