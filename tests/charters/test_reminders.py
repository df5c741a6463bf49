"""Reminders by themselves: three days before, on the day, weekly after it, in the morning, once a day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership, Organization, OutgoingMail
from charters.actions import freeze_revision, send_for_signature, withdraw
from charters.actions.reminding import remind_all
from charters.models import Signatory, SignoffEvent, SignoffRound
from charters.reminders import is_due, latest_day
from tests.charters.cast import build_cast, sign_as, without_a_vendor, write_charter

DUE = dt.date(2026, 11, 20)
NOON = dt.time(12)


@pytest.mark.parametrize(
    ("today", "day"),
    [
        ("2026-11-16", None),
        ("2026-11-17", "2026-11-17"),
        ("2026-11-19", "2026-11-17"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-26", "2026-11-20"),
        ("2026-11-27", "2026-11-27"),
        ("2026-12-31", "2026-12-25"),
    ],
)
def test_days_on_which_a_reminder_is_due(today: str, day: str | None) -> None:
    assert latest_day(dt.date.fromisoformat(today), DUE) == (dt.date.fromisoformat(day) if day else None)


@given(
    asked=st.integers(-40, 40).map(lambda days: DUE + dt.timedelta(days=days)),
    hours=st.lists(st.integers(0, 23), min_size=1, max_size=24, unique=True),
)
def test_nobody_is_mailed_twice_in_a_week_or_a_day_or_at_night(asked: dt.date, hours: list[int]) -> None:
    """Whichever hours the worker runs: each reminder has a day of its own, none is too early."""
    mailed, sent = asked, []
    for day in range(90):
        today = DUE - dt.timedelta(days=30) + dt.timedelta(days=day)
        for hour in sorted(hours):
            if today >= asked and is_due(dt.datetime.combine(today, dt.time(hour)), DUE, mailed):
                assert hour >= 7
                sent.append(today)
                mailed = today
    assert len(set(sent)) == len(sent)
    assert all(day >= DUE - dt.timedelta(days=3) for day in sent)
    late = [day for day in sent if day > DUE]
    assert all(later - earlier == dt.timedelta(days=7) for earlier, later in pairwise(late))


def test_without_a_day_nobody_is_reminded() -> None:
    assert not is_due(dt.datetime(2026, 11, 20, 9), None, dt.date(2026, 1, 1))
    assert not is_due(dt.datetime(2026, 11, 20, 9), DUE, None)


@pytest.fixture
def overdue(db: Any) -> tuple[Any, SignoffRound]:
    """A round that was due yesterday, asked ten days ago, of an organization in Auckland."""
    cast = build_cast()
    Organization.objects.filter(pk=cast.organization.pk).update(time_zone="Pacific/Auckland")
    charter = write_charter(cast, **without_a_vendor())
    freeze_revision(charter, by=cast.frida)
    round_ = send_for_signature(charter, by=cast.frida)
    SignoffRound.objects.filter(pk=round_.pk).update(due_on=timezone.localdate() - dt.timedelta(days=1))
    asked = timezone.now() - dt.timedelta(days=10)
    Signatory.objects.exclude(asked_at=None).update(asked_at=asked)
    return cast, SignoffRound.objects.get(pk=round_.pk)


def at(local_hour: int) -> dt.datetime:
    """Today at this hour in Auckland."""
    now = timezone.now().astimezone(ZoneInfo("Pacific/Auckland"))
    return now.replace(hour=local_hour, minute=0)


def mails() -> int:
    return OutgoingMail.objects.filter(
        template="emails/charter_sign", subject__contains="still waits"
    ).count()


def test_those_in_turn_are_reminded_once_in_the_morning(overdue: tuple[Any, SignoffRound]) -> None:
    cast, round_ = overdue
    assert remind_all(at(5)) == 0
    sign_as(cast, round_, "legal")
    assert remind_all(at(9)) == 6
    assert remind_all(at(10)) == 0
    assert mails() == 6
    assert SignoffEvent.objects.filter(kind="reminded", by=None).count() == 6
    reminded = set(Signatory.objects.exclude(reminded_at=None).values_list("seat", flat=True))
    assert not reminded & {"legal", "outcome_owner", "decision_maker"}


def test_nobody_is_reminded_of_a_round_that_has_ended(overdue: tuple[Any, SignoffRound]) -> None:
    cast, round_ = overdue
    withdraw(round_.revision.charter, by=cast.frida, reason="Later")
    assert remind_all(at(9)) == 0


def test_for_somebody_who_left_the_sender_is_told(overdue: tuple[Any, SignoffRound]) -> None:
    cast, _ = overdue
    Membership.objects.filter(user=cast.signers["legal"]).delete()
    assert remind_all(at(9)) == 7
    told = OutgoingMail.objects.get(template="emails/charter_blocked")
    assert told.to == cast.frida.email
    assert not OutgoingMail.objects.filter(to=cast.signers["legal"].email, subject__contains="still").exists()
