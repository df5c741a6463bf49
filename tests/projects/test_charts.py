"""Health by week and milestones by day, as figures with their numbers as a table."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from django.utils import timezone

from projects.actions.talking import check_in
from projects.actions.work import save_milestone
from projects.charts import health_history, milestone_timeline
from projects.models import Milestone, Project
from projects.weeks import monday_of
from tests.projects import cast as made
from ui.charts.spec import BadSpec
from ui.charts.spec_days import DueMark, StateWeeks, Timeline
from ui.charts.table import table

MONDAY = dt.date(2026, 11, 16)


def weeks(*back: int) -> list[dt.date]:
    return [MONDAY - dt.timedelta(weeks=count) for count in back]


def test_nothing_is_drawn_before_the_first_week() -> None:
    assert health_history([], {}) is None
    assert health_history([], {MONDAY: ""}) is None


def test_weeks_without_an_answer_are_shown_between_those_with_one() -> None:
    answers = {MONDAY - dt.timedelta(weeks=4): "green", MONDAY: "red", MONDAY - dt.timedelta(weeks=1): "red"}
    spec = health_history(weeks(4, 3), answers)
    assert spec is not None
    assert [state for _, state in spec.weeks] == ["good", "missing", "missing", "bad", "bad"]
    assert spec.title == "Off track since the week from 9 Nov"
    assert spec.note == "Two weeks were not answered."
    assert table(spec).rows[1] == ("2026-10-26", "No answer")


@pytest.mark.parametrize(
    ("asked", "answers", "title"),
    [
        (weeks(1, 0), {}, "Two weeks without an answer"),
        (weeks(2, 1, 0), {weeks(2)[0]: "amber"}, "No answer for 2 weeks; at risk since the week from 2 Nov"),
        (weeks(0), {MONDAY: "green"}, "On track since the week from 16 Nov"),
    ],
)
def test_the_title_says_how_it_stands(asked: list[dt.date], answers: dict[dt.date, str], title: str) -> None:
    spec = health_history(asked, answers)
    assert spec is not None
    assert spec.title == title


def test_at_most_two_years_are_drawn() -> None:
    spec = health_history(weeks(*range(400)), {})
    assert spec is not None
    assert len(spec.weeks) == 104
    assert spec.weeks[-1][0] == MONDAY


def test_milestones_have_three_states() -> None:
    rows = [
        Milestone(title="a", due_on=MONDAY, done_on=MONDAY),
        Milestone(title="b", due_on=MONDAY - dt.timedelta(days=1)),
        Milestone(title="c", due_on=MONDAY),
        Milestone(title="d"),
    ]
    spec = milestone_timeline(rows, MONDAY)
    assert spec is not None
    assert [mark.state(MONDAY) for mark in spec.marks] == ["done", "late", "open"]
    assert spec.title == "One of 3 milestones is late"
    assert spec.note == "One milestone has no day."
    assert milestone_timeline(rows[3:], MONDAY) is None


def test_a_spec_refuses_what_cannot_be_drawn() -> None:
    words = ("a", "b", "c", "d", "e")
    for bad in ((), ((MONDAY, "good"), (MONDAY, "good")), ((MONDAY + dt.timedelta(days=1), "good"),)):
        with pytest.raises(BadSpec):
            StateWeeks(key="k", title="t", unit="u", weeks=bad, words=words)  # type: ignore[arg-type]
    with pytest.raises(BadSpec):
        StateWeeks(key="k", title="t", unit="u", weeks=((MONDAY, "pink"),), words=words)  # type: ignore[arg-type]
    with pytest.raises(BadSpec):
        Timeline(key="k", title="t", unit="u", marks=(), today=MONDAY)
    assert Timeline(key="k", title="t", unit="u", marks=(DueMark("m", MONDAY),), today=MONDAY).last > MONDAY


@pytest.mark.django_db
def test_the_pages_draw_them_with_a_table_and_a_file(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    Project.objects.update(created_at=timezone.now() - dt.timedelta(weeks=5), starts_on=None, ends_on=None)
    check_in(
        project, by=cast.frank, week=monday_of(timezone.localdate()), health="amber", reason="No labels."
    )
    save_milestone(
        project, values={"title": "الأرشيف", "due_on": timezone.localdate() - dt.timedelta(days=3)}
    )
    client, address = cast.client("victor"), f"/projects/{project.pk}"
    page = html.unescape(client.get(f"{address}/check-ins/").content.decode())
    assert "At risk since the week from" in page
    assert page.count("<svg") >= 3
    assert "No answer" in page
    page = html.unescape(client.get(f"{address}/records/").content.decode())
    assert "is late" in page
    assert "الأرشيف" in page
    lines = client.get(f"{address}/charts/milestones.csv").content.decode().splitlines()
    assert any(line.startswith("الأرشيف,") and line.endswith(",late") for line in lines)
    assert "No answer" in client.get(f"{address}/charts/health.csv").content.decode()
    assert client.get(f"{address}/charts/nonsense.csv").status_code == 404
    assert cast.client("charlie").get(f"{address}/charts/health.csv").status_code == 404
