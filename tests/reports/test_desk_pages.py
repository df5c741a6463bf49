"""The desk as people find it: what waits, what is late, what changed, and who sees which of it."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessment import actions
from assessment.invitees import Invitee
from assessment.models import Assessment
from jobs.models import Job
from reports.models import DeskVisit
from tests.assessment.cast import answer_all
from tests.charters.cast import write_charter
from tests.conftest import Cast
from tests.projects.cast import project as open_project

pytestmark = pytest.mark.django_db


def make_round(cast: Cast, *, due_in: int | None = None, opened: bool = True) -> Assessment:
    today = timezone.localdate()
    assessment = actions.create_assessment(
        cast.organization,
        title="Round 1",
        by=cast.frank,
        due_on=today + timedelta(days=due_in) if due_in is not None else None,
    )
    invitees = [
        Invitee("Bob", "bob@firm.example", "practitioner"),
        Invitee("Somebody", "somebody@firm.example", "sponsor"),
    ]
    actions.invite_respondents(assessment, invitees, by=cast.frank)
    if opened:
        actions.open_round(assessment, by=cast.frank)
    return assessment


def close(cast: Cast, assessment: Assessment) -> None:
    answer_all(assessment)
    actions.start_review(assessment, by=cast.frank)
    actions.close(assessment, by=cast.frank)


def text(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_visitor_is_sent_to_sign_in(db: Any) -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_a_new_organization_is_told_how_to_begin(cast: Cast) -> None:
    leader, viewer = text(cast.client("alice")), text(cast.client("victor"))
    assert "Halvorsen Pumps has not begun yet" in leader
    assert "Create a round</a>" in leader
    assert "Create a round</a>" not in viewer
    assert "An owner or a facilitator of Halvorsen Pumps opens the first round" in viewer


def test_somebody_without_organization_can_begin_one(cast: Cast) -> None:
    cast.membership("bob").delete()
    assert cast.client("bob").get("/")["Location"] == "/start/"


def test_the_desk_asks_for_answers_and_says_how_late_they_are(cast: Cast) -> None:
    make_round(cast, due_in=-7)
    page = text(cast.client("bob"))
    assert "One thing waits for you, and it is a week late" in page
    assert "7 days late" in page
    assert "Round 1 asks you as practitioner." in page


def test_others_are_not_asked_for_the_answers_of_bob(cast: Cast) -> None:
    make_round(cast, due_in=3)
    assert "Nothing waits for you" in text(cast.client("victor"))
    assert "One thing waits for you" in text(cast.client("bob"))


def test_only_those_who_lead_see_who_is_late(cast: Cast) -> None:
    make_round(cast, due_in=-2)
    assert "2 of 2 have not finished" in text(cast.client("frank"))
    assert "have not finished" not in text(cast.client("victor"))


def test_a_round_that_is_not_open_yet_waits_for_those_who_lead(cast: Cast) -> None:
    assessment = make_round(cast, opened=False)
    assert "Ready for two people; nobody is written to before it is open." in text(cast.client("frank"))
    assert "Nothing waits for you" in text(cast.client("victor"))
    assessment.respondents.all().delete()
    assert "It has nobody to ask yet." in text(cast.client("frank"))


def test_a_round_that_all_have_answered_waits_for_its_review(cast: Cast) -> None:
    assessment = make_round(cast)
    assessment.respondents.update(submitted_at=timezone.now())
    assert "All 2 have answered; the review can start." in text(cast.client("frank"))
    actions.start_review(assessment, by=cast.frank)
    assert "Answers are locked." in text(cast.client("alice"))
    assert "Answers are locked." not in text(cast.client("bob"))


def test_the_line_shows_the_phase_and_the_weakest_pillar(cast: Cast) -> None:
    close(cast, make_round(cast))
    page = text(cast.client("victor"))
    assert 'class="stop-headline">Phase 1</p>' in page
    assert "gates for phase 2 hold" in page
    assert "Weakest: " in page


def test_changes_name_who_did_what_and_leave_out_what_one_did_oneself(cast: Cast) -> None:
    make_round(cast)
    assert "Frank opened Round 1 for answers." in text(cast.client("alice"))
    assert "opened Round 1 for answers." not in text(cast.client("frank"))


def test_nothing_of_one_organization_reaches_the_desk_of_another(cast: Cast) -> None:
    make_round(cast, due_in=-2)
    page = text(cast.client("charlie"))
    assert "Round 1" not in page
    assert "Charlie" in page


def test_changes_count_from_the_visit_before(cast: Cast) -> None:
    make_round(cast)
    client = cast.client("alice")
    text(client)
    text(client)
    earlier = timezone.now() - timedelta(days=2)
    DeskVisit.objects.update(last_seen_at=earlier)
    page = text(client)
    assert f"Changed since {earlier:%A}" in page
    visit = DeskVisit.objects.get(user=cast.alice)
    assert visit.before_at == earlier
    assert visit.last_seen_at > earlier


@pytest.mark.queries
@pytest.mark.parametrize("rounds", [1, 6])
def test_the_desk_needs_the_same_queries_however_much_there_is(
    cast: Cast, rounds: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(rounds):
        make_round(cast, due_in=-1)
    client = cast.client("frank")
    text(client)
    with django_assert_max_num_queries(27):
        text(client)


@pytest.mark.queries
def test_more_charters_and_projects_ask_no_more_of_the_database(cast: Cast) -> None:
    client = cast.client("frank")
    counts = []
    for _ in range(2):
        for _ in range(3):
            open_project(cast.organization, cast.frank)
            write_charter(SimpleNamespace(organization=cast.organization, frida=cast.frank))
        text(client)
        with CaptureQueriesContext(connection) as asked:
            text(client)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 34


def captions(client: Client) -> list[str]:
    page = " ".join(client.get("/assessments/").content.decode().split())
    return re.findall(r'<span class="station-caption">([^<]*)</span>', page)


def test_stations_say_how_far_the_organization_is(cast: Cast) -> None:
    client = cast.client("victor")
    assert captions(client) == []
    assessment = make_round(cast)
    assert captions(client) == ["Round 1, open"]
    close(cast, assessment)
    (caption,) = captions(client)
    assert re.fullmatch(r"Phase 1, \d+ of \d+ gates hold", caption)
    assert len(caption) <= 32
    assert "station-caption" not in text(client)


def test_what_was_asked_for_is_told_when_it_is_ready(cast: Cast) -> None:
    Job.objects.create(
        name="reports.render",
        title="Readiness report, Round 1",
        requested_by=cast.bob,
        organization=cast.organization,
        state="done",
        message="Readiness report is ready.",
        result_url="/reports/",
        finished_at=timezone.now(),
    )
    make_round(cast)
    assert "Readiness report, Round 1 is ready." in text(cast.client("bob"))
    assert "Readiness report, Round 1 is ready." not in text(cast.client("victor"))
