"""Check-ins, asks, and answers by personal link."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.mail import deliver_due
from projects.actions.talking import (
    ask_for_checkins,
    ask_link,
    ask_somebody,
    check_in,
    escalate_asks,
    withdraw_ask,
)
from projects.models import Ask, CheckIn, Project
from projects.queries import time_box
from projects.weeks import monday_of
from tests.charters.cast import Cast, build_cast
from tests.projects import cast as made
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def project(cast: Cast) -> Project:
    return made.project(cast.organization, cast.frida)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def test_a_week_is_answered_in_one_screen(cast: Cast, project: Project) -> None:
    client, week = client_of(cast.frida), monday_of(timezone.localdate()).isoformat()
    address = f"/projects/{project.pk}/check-ins/"
    values = {"week": week, "health": "red", "reason": ""}
    with_reason = {**values, "reason": "No access to the archive."}
    assert client.post(address, values).status_code == 422
    assert client.post(address, with_reason).status_code == 302
    page = client.get(address).content.decode()
    assert "Off track" in page
    assert "No access to the archive." in page
    assert "Off track" in client.get(f"/projects/{project.pk}/").content.decode()


@pytest.mark.parametrize("week", [dt.date(2026, 1, 6), dt.date(2020, 1, 6), dt.date(2199, 12, 30)])
def test_a_week_that_cannot_be_answered(cast: Cast, project: Project, week: dt.date) -> None:
    with pytest.raises(Invalid):
        check_in(project, by=cast.frida, week=week, health="green", reason="")


def test_the_lead_is_asked_once_on_the_agreed_day(cast: Cast, project: Project) -> None:
    monday = monday_of(timezone.localdate())
    day = monday + dt.timedelta(days=project.checkin_day)
    assert ask_for_checkins(day + dt.timedelta(days=1 if project.checkin_day < 4 else 2)) == 0
    assert ask_for_checkins(day) == 1
    assert ask_for_checkins(day) == 0
    assert CheckIn.objects.get().health == ""
    deliver_due()
    assert [message.to for message in mail.outbox] == [[cast.frida.email]]
    page = client_of(cast.vera).get(f"/projects/{project.pk}/check-ins/").content.decode()
    assert "Missing" in page


def test_somebody_answers_by_link_and_the_clock_stops(cast: Cast, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(starts_on=days_ago(20), ends_on=days_ago(-20))
    project.refresh_from_db()
    values = {"what": "Access", "of_name": "Ida", "of_email": "ida@it.example", "since": days_ago(6)}
    ask = ask_somebody(project, by=cast.frida, values=values)
    box = time_box(project, timezone.localdate())
    assert box is not None
    assert (box.elapsed, box.blocked, box.used) == (20, 6, 14)
    visitor = Client()
    assert visitor.get(f"/projects/asks/{ask.pk}/link/").status_code == 404
    page = visitor.get(ask_link(ask, by=cast.frida), follow=True)
    if b"Access" not in page.content:  # the page that asks to go on, for scanners of mail
        page = visitor.post(page.request["PATH_INFO"], follow=True)
    assert page.redirect_chain
    assert "Access" in page.content.decode()
    assert visitor.post(f"/projects/asks/{ask.pk}/link/", {"answer": " "}).status_code == 422
    assert visitor.post(f"/projects/asks/{ask.pk}/link/", {"answer": "Here it is."}).status_code == 200
    ask.refresh_from_db()
    assert ask.answered_by == "Ida"
    assert visitor.get(f"/projects/asks/{ask.pk}/link/").status_code == 404
    assert visitor.get(f"/projects/{project.pk}/").status_code in (302, 404)
    assert "Here it is." in client_of(cast.vera).get(f"/projects/{project.pk}/waiting/").content.decode()


def test_what_was_taken_back_does_not_count(cast: Cast, project: Project) -> None:
    values = {"what": "Access", "of_name": "Ida", "since": days_ago(6)}
    ask = ask_somebody(project, by=cast.frida, values=values)
    withdraw_ask(ask, by=cast.frida)
    with pytest.raises(Conflict):
        withdraw_ask(ask, by=cast.frida)
    box = time_box(project, timezone.localdate())
    assert box is None or box.blocked == 0


def test_the_sponsor_is_told_once_after_the_agreed_days(cast: Cast, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(escalate_after=3)
    for since, blocks in ((9, True), (9, False), (0, True)):
        values = {"what": f"Since {since}", "of_name": "Ida", "since": days_ago(since), "blocks": blocks}
        ask_somebody(project, by=cast.frida, values=values)
    today = timezone.localdate()
    assert escalate_asks(today) == 1
    assert escalate_asks(today) == 0
    assert Ask.objects.exclude(escalated_at=None).get().what == "Since 9"
    deliver_due()
    assert [message.to for message in mail.outbox] == [[project.sponsor_email]]
