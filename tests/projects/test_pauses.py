"""Weeks in which a project stood still are told as pauses: not asked for, not missing."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from jobs.models import Event
from projects.actions import Start, open_from_initiative
from projects.actions.closing import close_project, move_project
from projects.actions.talking import ask_for_checkins, check_in, note_missing_checkins
from projects.models import CheckIn, Pause, Project
from projects.queries import weeks_of
from projects.weeks import rested_weeks
from reports.demo.clock import Clock, running

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 3, 2)
WEEKS = [MONDAY + dt.timedelta(weeks=at) for at in range(5)]
FRIDAYS = [week + dt.timedelta(days=4) for week in WEEKS]


def at(day: dt.date, hour: int = 8) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with running(Clock(at(MONDAY))) as clock:
        yield clock


@pytest.fixture
def project(clock: Clock, cast: Any) -> Project:
    """Bob leads it from a Monday on; it stood still from the second Friday to the fourth Thursday."""
    start = Start(starts_on=MONDAY, ends_on=MONDAY + dt.timedelta(weeks=20), lead=cast.membership("bob"))
    project = open_from_initiative(
        cast.organization, by=cast.frank, initiative="x", name="Circle", start=start
    )
    clock.set(at(FRIDAYS[0]))
    ask_for_checkins(FRIDAYS[0])
    check_in(project, by=cast.bob, week=WEEKS[0], health="green", reason="")
    clock.set(at(FRIDAYS[1], 7))
    ask_for_checkins(FRIDAYS[1])
    clock.set(at(FRIDAYS[1], 10))
    move_project(project, "paused", by=cast.frank)
    clock.set(at(FRIDAYS[2]))
    assert ask_for_checkins(FRIDAYS[2]) == 0
    clock.set(at(FRIDAYS[3] - dt.timedelta(days=1)))
    move_project(project, "active", by=cast.frank)
    clock.set(at(FRIDAYS[3]))
    assert ask_for_checkins(FRIDAYS[3]) == 1
    clock.set(at(FRIDAYS[4]))
    return project


def words(client: Any, address: str) -> str:
    page = html.unescape(client.get(address).content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("pauses", "rested"),
    [
        ([], []),
        ([(FRIDAYS[1], None)], WEEKS[1:]),
        ([(FRIDAYS[1], FRIDAYS[1])], []),
        ([(FRIDAYS[1], FRIDAYS[2])], WEEKS[1:2]),
        ([(FRIDAYS[1] + dt.timedelta(days=1), FRIDAYS[3])], WEEKS[2:3]),
        ([(WEEKS[0], FRIDAYS[1]), (WEEKS[3], WEEKS[4])], [WEEKS[0], WEEKS[3]]),
    ],
)
def test_a_week_rests_when_its_day_lies_in_a_pause(
    pauses: list[tuple[dt.date, dt.date | None]], rested: list[dt.date]
) -> None:
    assert rested_weeks(WEEKS, 4, pauses) == rested


def test_weeks_of_a_pause_are_neither_asked_nor_missing(project: Project) -> None:
    weeks = weeks_of(project, FRIDAYS[4])
    assert weeks.paused == WEEKS[1:3]
    assert weeks.asked == [WEEKS[0], *WEEKS[3:]]
    note_missing_checkins(FRIDAYS[4])
    told = Event.objects.filter(kind="project.checkin_missing")
    assert [event.data["week"] for event in told] == [WEEKS[3].isoformat()]


def test_page_and_figure_call_them_paused(cast: Any, project: Project) -> None:
    viewer = cast.client("victor")
    shown = words(viewer, f"/projects/{project.pk}/check-ins/")
    for week, word in zip(WEEKS, ("On track", "Paused", "Paused", "Missing", "Missing"), strict=True):
        assert f"{week.day} Mar 2026 {word}" in shown
    assert "Two weeks were not answered. Two weeks were paused." in shown
    file = viewer.get(f"/projects/{project.pk}/charts/health.csv").content.decode().splitlines()
    assert [line.split(",")[1] for line in file[1:]] == [
        "On track",
        "Paused",
        "Paused",
        "No answer",
        "No answer",
    ]


def test_what_was_said_in_a_pause_stands(cast: Any, project: Project) -> None:
    check_in(project, by=cast.bob, week=WEEKS[1], health="amber", reason="No labels.")
    assert "9 Mar 2026 At risk" in words(cast.client("victor"), f"/projects/{project.pk}/check-ins/")


def test_the_desk_does_not_ask_for_them(cast: Any, project: Project) -> None:
    shown = words(cast.client("bob"), "/")
    assert "Not answered: weeks from 30 Mar and 23 Mar." in shown


def test_a_closed_project_that_is_taken_up_again_has_rested(
    cast: Any, clock: Clock, project: Project
) -> None:
    close_project(project, by=cast.frank, reason="Nobody has time.")
    Pause.objects.get(project=project, ended_on=None)
    clock.set(at(FRIDAYS[4] + dt.timedelta(weeks=2)))
    move_project(project, "paused", by=cast.frank)
    clock.set(at(FRIDAYS[4] + dt.timedelta(weeks=3, days=1)))
    move_project(project, "active", by=cast.frank)
    project.refresh_from_db()
    today = FRIDAYS[4] + dt.timedelta(weeks=4)
    rested = [MONDAY + dt.timedelta(weeks=at) for at in (1, 2, 4, 5, 6, 7)]
    assert weeks_of(project, today).paused == rested


def test_pauses_from_before_are_taken_over_from_the_audit_log(
    cast: Any, clock: Clock, project: Project
) -> None:
    close_project(project, by=cast.frank, reason="Nobody has time.")
    before = list(Pause.objects.values_list("project", "began_on", "ended_on"))
    assert len(before) == 2
    Pause.objects.all().delete()
    import_module("projects.migrations.0004_pauses").take_over(apps, None)
    assert list(Pause.objects.values_list("project", "began_on", "ended_on")) == before


def test_an_answer_of_such_a_week_is_no_row_without_words(cast: Any, project: Project) -> None:
    """The mail of that morning left a row; it says that the project stood still, not that nobody answered."""
    assert CheckIn.objects.get(project=project, week=WEEKS[1]).health == ""
    assert words(cast.client("victor"), f"/projects/{project.pk}/check-ins/").count("Missing") == 2
