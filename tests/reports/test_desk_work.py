"""What projects put on the desk, and for whom."""

from __future__ import annotations

import datetime as dt
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Unit
from projects.actions import Start, open_from_initiative
from projects.actions.talking import answer_ask, ask_somebody, check_in
from projects.actions.work import save_milestone
from projects.models import Ask, Project
from projects.weeks import asked_weeks
from tests.conftest import Cast
from tests.projects import cast as made

pytestmark = pytest.mark.django_db


def desk(cast: Cast, who: str) -> str:
    response = cast.client(who).get("/")
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def today() -> dt.date:
    return timezone.localdate()


def days_ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


@pytest.fixture
def project(cast: Cast) -> Project:
    """Bob leads it since four weeks."""
    start = Start(starts_on=days_ago(28), ends_on=days_ago(-28), lead=cast.membership("bob"))
    found = open_from_initiative(
        cast.organization, by=cast.frank, initiative="x", name="Reading circle", start=start
    )
    Project.objects.filter(pk=found.pk).update(created_at=timezone.now() - dt.timedelta(days=28))
    found.refresh_from_db()
    return found


def test_check_ins_that_nobody_gave_wait_for_the_lead(cast: Cast, project: Project) -> None:
    weeks = asked_weeks(days_ago(28), None, today(), project.checkin_day)
    shown = desk(cast, "bob")
    assert "How Reading circle stands" in shown
    assert f"/projects/{project.pk}/check-ins/" in shown
    assert "Not answered: weeks from" in shown
    assert "How Reading circle stands" not in desk(cast, "frank")
    for week in weeks:
        check_in(project, by=cast.bob, week=week, health="green", reason="")
    assert "How Reading circle stands" not in desk(cast, "bob")


def test_a_paused_project_asks_nobody(cast: Cast, project: Project) -> None:
    Project.objects.update(state="paused")
    assert "How Reading circle stands" not in desk(cast, "bob")


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({"of_name": "Victor", "of_email": "VICTOR@firm.example"}, True),
        ({"of_name": "victor"}, True),
        ({"of_name": "Somebody", "department": "data warehouse"}, True),
        ({"of_name": "Victor", "of_email": "another.victor@firm.example"}, False),
        ({"of_name": "Somebody", "department": "Legal"}, False),
    ],
)
def test_an_ask_waits_for_whom_it_names_and_is_answered_with_the_account(
    cast: Cast, project: Project, values: dict[str, str], asked: bool
) -> None:
    unit = Unit.objects.create(organization=cast.organization, name="Data warehouse")
    Membership.objects.filter(user=cast.victor).update(unit=unit)
    ask = ask_somebody(project, by=cast.bob, values={"what": "Access to the archive", **values})
    assert ("Access to the archive" in desk(cast, "victor")) is asked
    assert "Access to the archive" not in desk(cast, "charlie")
    client, address = cast.client("victor"), f"/projects/asks/{ask.pk}/own/"
    assert client.get(address).status_code == (200 if asked else 404)
    assert cast.client("frank").get(address).status_code == 404
    answer = client.post(address, {"answer": "In the second drawer"})
    assert answer.status_code == (302 if asked else 404)
    ask.refresh_from_db()
    assert ask.answered_by == ("Victor" if asked else "")
    assert client.get(address).status_code == 404


def test_many_asks_stay_a_short_list(cast: Cast, project: Project) -> None:
    Ask.objects.bulk_create(
        [
            Ask(project=project, what=f"Table {n:02}", of_name="Victor", since=days_ago(90 - n))
            for n in range(60)
        ]
    )
    shown = desk(cast, "victor")
    assert shown.count("/own/") == 5
    assert "Table 00" in shown
    assert "55 more asks to you or your department" in shown
    listed = cast.client("victor").get("/projects/waiting/?whom=me").content.decode()
    assert listed.count("/own/") == 50


def test_what_is_late_stands_there_once_a_project(cast: Cast, project: Project) -> None:
    for days in (30, 20, 2):
        ask_somebody(
            project,
            by=cast.bob,
            values={"what": f"Since {days}", "of_name": "Ida", "department": "IT", "since": days_ago(days)},
        )
    for days in (9, 3, -3):
        save_milestone(project, values={"title": f"Due {days}", "due_on": days_ago(days)})
    for who in ("bob", "frank"):
        shown = desk(cast, who)
        assert "2 answers for Reading circle" in shown
        assert "30 days" in shown
        assert "Waits for IT" in shown
        assert "2 milestones of Reading circle" in shown
        assert "First: Due 9" in shown
    assert "milestones of Reading circle" not in desk(cast, "victor")
    Project.objects.update(sponsor_email=cast.victor.email)
    assert "milestones of Reading circle" in desk(cast, "victor")


def test_a_project_past_its_last_day_is_late(cast: Cast, project: Project) -> None:
    assert "Project past its last day" not in desk(cast, "frank")
    Project.objects.update(ends_on=days_ago(4))
    assert "Project past its last day" in desk(cast, "frank")


@pytest.mark.queries
def test_the_desk_needs_the_same_queries_for_one_project_and_for_twenty(cast: Cast, project: Project) -> None:
    def counted() -> int:
        client = cast.client("bob")
        client.get("/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/")
        return len(queries)

    ask_somebody(project, by=cast.bob, values={"what": "Access", "of_name": "Bob", "since": days_ago(20)})
    save_milestone(project, values={"title": "Data", "due_on": days_ago(3)})
    one = counted()
    for number in range(20):
        start = Start(starts_on=days_ago(28), lead=cast.membership("bob"))
        more = open_from_initiative(
            cast.organization, by=cast.frank, initiative=f"x{number}", name=f"Circle {number}", start=start
        )
        ask_somebody(more, by=cast.bob, values={"what": "Access", "of_name": "Bob", "since": days_ago(20)})
        save_milestone(more, values={"title": "Data", "due_on": days_ago(3)})
    # One more: how many asks there are beyond those shown.
    assert counted() <= one + 1


def test_reply_times_are_medians_by_department_over_all_projects(cast: Cast, project: Project) -> None:
    other = made.project(cast.organization, cast.frank)
    for of, days in ((project, 2), (other, 4), (other, 9)):
        ask = ask_somebody(
            of,
            by=cast.bob,
            values={"what": "A", "of_name": "Ida", "department": "Legal", "since": days_ago(days)},
        )
        answer_ask(ask, answer="Here", name="Ida", by=cast.bob)
    ask_somebody(project, by=cast.bob, values={"what": "Open one", "of_name": "Ida", "department": "Legal"})
    response = cast.client("victor").get("/projects/waiting/")
    times = response.context["times"]
    assert [(time.party, time.days, time.count) for time in times] == [("Legal", 4.0, 3)]
    assert "Open one" in response.content.decode()
    assert "Open one" not in cast.client("victor").get("/projects/waiting/?party=IT").content.decode()
    assert "Open one" in cast.client("victor").get("/projects/waiting/?party=leg").content.decode()
    assert "Open one" not in cast.client("charlie").get("/projects/waiting/").content.decode()
