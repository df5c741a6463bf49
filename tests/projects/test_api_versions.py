"""Two programs at one record by the API: the second is told what the first wrote, and writes over nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEvent
from projects.models import CheckIn, Project
from projects.weeks import monday_of
from tests.projects import cast as made
from tests.projects.test_api import api, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Any) -> Project:
    project = made.project(cast.organization, cast.frank)
    project.members.create(name="Bob", email=cast.bob.email, user=cast.bob, role="contributor", share=40)
    return project


@pytest.fixture
def client(cast: Any, project: Project) -> APIClient:
    return api(cast, cast.frank)


def card(client: APIClient, project: Project) -> tuple[str, Any]:
    row = client.post(url(project, "tasks/"), {"title": "Label"}, format="json").json()
    return f"tasks/{row['id']}/", row


def milestone(client: APIClient, project: Project) -> tuple[str, Any]:
    row = client.post(url(project, "milestones/"), {"title": "Data"}, format="json").json()
    return f"milestones/{row['id']}/", row


def risk(client: APIClient, project: Project) -> tuple[str, Any]:
    row = client.post(url(project, "risks/"), {"title": "No labels"}, format="json").json()
    return f"risks/{row['id']}/", row


def member(client: APIClient, project: Project) -> tuple[str, Any]:
    rows = client.get(url(project, "members/")).json()["results"]
    row = next(row for row in rows if row["name"] == "Bob")
    return f"members/{row['id']}/", row


@pytest.mark.parametrize(
    ("record", "name", "first", "second"),
    [
        (card, "title", "Label 300", "Label 500"),
        (milestone, "due_on", "2027-03-01", "2027-02-01"),
        (risk, "likelihood", 1, 3),
        (member, "share", 60, 10),
    ],
)
def test_an_older_version_is_not_written_over(
    client: APIClient, project: Project, record: Any, name: str, first: Any, second: Any
) -> None:
    path, row = record(client, project)
    at = url(project, path)
    without = client.patch(at, {name: first}, format="json")
    assert (without.status_code, list(without.json()["error"]["fields"])) == (400, ["version"])
    theirs = client.patch(at, {name: first, "version": row["version"]}, format="json")
    assert (theirs.status_code, theirs.json()[name]) == (200, first)
    assert theirs.json()["version"] != row["version"]
    late = client.patch(at, {name: second, "version": row["version"]}, format="json")
    error = late.json()["error"]
    assert (late.status_code, error["code"]) == (409, "conflict")
    assert error["message"].startswith("Somebody else has changed this")
    assert error["details"]["now"] == theirs.json()
    # Sent again with the version that was told, it is meant.
    mine = client.patch(at, {name: second, "version": error["details"]["now"]["version"]}, format="json")
    assert (mine.status_code, mine.json()[name]) == (200, second)
    listed = client.get(url(project, path.partition("/")[0] + "/")).json()["results"]
    assert next(one for one in listed if one["id"] == row["id"]) == mine.json()


@pytest.mark.parametrize("record", [milestone, risk, member])
def test_a_change_that_was_made_already_is_no_conflict(
    client: APIClient, project: Project, record: Any
) -> None:
    """An answer that was lost on its way, and the request sent again."""
    path, row = record(client, project)
    name, value = next((name, row[name]) for name in ("title", "share") if name in row)
    changed = {name: f"{value}!" if isinstance(value, str) else 70, "version": row["version"]}
    answers = [client.patch(url(project, path), changed, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def test_a_weeks_answer_is_written_over_by_its_version_alone(
    cast: Any, client: APIClient, project: Project
) -> None:
    at, week = url(project, "check-ins/"), monday_of(timezone.localdate())
    red = {"week": week.isoformat(), "health": "red", "reason": "No access."}
    green = {"week": week.isoformat(), "health": "green"}
    theirs = api(cast, cast.bob).post(at, red, format="json").json()
    other = client.post(at, {**red, "week": (week - dt.timedelta(weeks=1)).isoformat()}, format="json")
    assert other.status_code == 201, "of another week"
    for version in ({}, {"version": "0" * 16}, {"version": other.json()["version"]}):
        late = client.post(at, green | version, format="json")
        error = late.json()["error"]
        assert (late.status_code, error["message"]) == (409, "Bob has answered this week meanwhile.")
        assert error["details"]["now"] == theirs
    assert CheckIn.objects.get(week=week).health == "red"
    mine = client.post(at, {**green, "version": theirs["version"]}, format="json")
    assert (mine.status_code, mine.json()["health"]) == (201, "green")
    assert client.post(at, {**green, "version": theirs["version"]}, format="json").status_code == 201, "twice"
    assert AuditEvent.objects.filter(event="project.checked_in").count() == 3


def test_a_week_that_was_only_asked_for_needs_no_version(client: APIClient, project: Project) -> None:
    week = monday_of(timezone.localdate())
    CheckIn.objects.create(project=project, week=week, asked_at=timezone.now())
    at = url(project, "check-ins/")
    (row,) = client.get(at).json()["results"]
    assert (row["health"], row["version"]) == ("", "")
    given = {"week": week.isoformat(), "health": "green", "version": row["version"]}
    assert client.post(at, given, format="json").status_code == 201
