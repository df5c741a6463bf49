"""The list of all projects: filters, time boxes, and a constant number of queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.actions import Start, open_from_initiative
from projects.actions.talking import check_in
from projects.models import Ask, Milestone, Project, Task
from projects.queries import projects_of
from projects.weeks import monday_of
from tests.projects import cast as made

pytestmark = pytest.mark.django_db


def today() -> dt.date:
    return timezone.localdate()


def days_ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def circle(cast: Any, name: str, who: str = "frank", **more: Any) -> Project:
    start = Start(lead=cast.membership(who), starts_on=days_ago(20), ends_on=days_ago(-19))
    project = open_from_initiative(cast.organization, by=cast.frank, initiative=name, name=name, start=start)
    Project.objects.filter(pk=project.pk).update(**more)
    return project


@pytest.fixture
def four(cast: Any) -> dict[str, Project]:
    found = {
        "charter": made.project(cast.organization, cast.frank),
        "red": circle(cast, "Red circle", "bob", sponsor_name="Gunhild Strand"),
        "late": circle(cast, "Late circle", ends_on=days_ago(2)),
        "closed": circle(cast, "Closed circle", state="closed"),
    }
    week = monday_of(today())
    check_in(found["red"], by=cast.bob, week=week, health="red", reason="No labels.")
    Project.objects.filter(pk=found["charter"].pk).update(state="paused", ends_on=days_ago(-30))
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"charter", "red", "late"}),
        ("state=all", {"charter", "red", "late", "closed"}),
        ("state=closed", {"closed"}),
        ("state=paused", {"charter"}),
        ("state=late", {"late"}),
        ("health=red", {"red"}),
        ("health=none", {"charter", "late"}),
        ("origin=charter", {"charter"}),
        ("origin=initiative", {"red", "late"}),
        ("find=circle&state=all", {"red", "late", "closed"}),
        ("find=gunhild", {"red"}),
        ("find=HP-01", {"charter"}),
        ("whose=mine", {"red"}),
        ("health=pink", set()),
        ("state=nonsense&origin=x&whose=y&page=zzz", {"charter", "red", "late"}),
    ],
)
def test_the_list_shows_what_is_asked_for(
    cast: Any, four: dict[str, Project], query: str, names: set[str]
) -> None:
    response = cast.client("bob").get(f"/projects/?{query}")
    assert response.status_code == 200
    shown = {row["project"].pk for row in response.context["rows"]}
    assert shown == {four[name].pk for name in names}


def test_the_time_box_is_used_minus_blocked_on_the_list_and_on_the_project(cast: Any) -> None:
    project = circle(cast, "Reading circle")
    for since, blocks in ((8, True), (6, True), (15, False)):
        Ask.objects.create(project=project, what="A", of_name="Ida", since=days_ago(since), blocks=blocks)
    page = cast.client("victor").get("/projects/").content.decode()
    assert "12 days of 40" in page
    assert "8 days spent waiting" in page
    assert "12 days of 40" in cast.client("victor").get(f"/projects/{project.pk}/").content.decode()


def test_counts_do_not_multiply(cast: Any) -> None:
    project = circle(cast, "Reading circle")
    Task.objects.bulk_create([Task(project=project, title=f"{n}") for n in range(7)])
    Ask.objects.bulk_create([Ask(project=project, what="A", of_name="I", since=today()) for _ in range(5)])
    Milestone.objects.bulk_create(
        [Milestone(project=project, title="M", due_on=days_ago(days)) for days in (3, 2, -2)]
    )
    row: Any = projects_of(cast.organization, today()).get()
    assert (row.open_tasks, row.open_asks, row.late_milestones) == (7, 5, 2)


def test_many_projects_need_the_same_queries_and_come_in_pages(cast: Any) -> None:
    client = cast.client("victor")

    def counted() -> int:
        client.get("/projects/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/projects/")
        return len(queries)

    circle(cast, "First circle")
    one = counted()
    Project.objects.bulk_create(
        [
            Project(
                organization=cast.organization,
                slug=f"p{n}",
                name=f"مشروع {n}",
                starts_on=days_ago(9),
                ends_on=today(),
            )
            for n in range(60)
        ]
    )
    assert counted() == one
    first = client.get("/projects/?find=مشروع")
    assert len(first.context["rows"]) == 50
    assert "page=2" in first.content.decode()
    second = client.get("/projects/?find=مشروع&page=2")
    assert len(second.context["rows"]) == 10


def test_an_empty_portfolio_says_how_to_begin(cast: Any) -> None:
    page = cast.client("victor").get("/projects/").content.decode()
    assert "No project yet" in page
    circle(cast, "Reading circle")
    assert "No project fits" in cast.client("victor").get("/projects/?find=zzz").content.decode()
