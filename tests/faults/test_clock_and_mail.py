"""The clock is set back or far ahead, the mail server is down: the log verifies, each mail goes out once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts import mail
from accounts.models import OutgoingMail
from assessment import actions
from assessment.invitees import Invitee
from assessment.models import Answer
from tests.assessment.cast import GATE_ITEM, level, make_cast, make_round, open_link, respondent_of
from tests.faults.watching import intact

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("step", [dt.timedelta(hours=-1), dt.timedelta(days=400)])
def test_the_clock_jumps_while_people_answer(step: dt.timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    round_ = make_round(cast)
    person = respondent_of(round_)
    actions.save_answer(person, GATE_ITEM, level(2), base_revision=0, by=None)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + step)
    actions.save_answer(person, GATE_ITEM, level(3), base_revision=1, by=None)
    with pytest.raises(actions.StaleAnswer):
        actions.save_answer(person, GATE_ITEM, level(1), base_revision=1, by=None)
    actions.start_review(round_, by=cast.fay)
    actions.close(round_, by=cast.fay)
    monkeypatch.undo()
    assert Answer.objects.get().level == 3
    assert round_.results.count() == 1
    intact()


def test_a_link_is_no_longer_good_when_the_clock_is_far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    person = respondent_of(make_round(make_cast()))
    link = actions.personal_link(person, by=None)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + dt.timedelta(days=400))
    client = open_link(person)  # one that is good until 2099
    assert client.get(link.partition("localhost:8000")[2] or link).status_code in (404, 410)


class Down(BaseEmailBackend):
    """A mail server that nobody reaches."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")


def test_a_mail_server_that_is_down_holds_nothing_up_and_gets_each_mail_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    cast = make_cast()
    settings.EMAIL_BACKEND = "tests.faults.test_clock_and_mail.Down"
    with django_capture_on_commit_callbacks(execute=True):
        round_ = make_round(cast, people=0)
        actions.invite_respondents(round_, [Invitee("Mia", "mia@example.com", "practitioner")], by=cast.fay)
    waiting = OutgoingMail.objects.filter(to="mia@example.com")
    assert [row.state for row in waiting] == ["queued"]
    assert "refused" in waiting[0].error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + dt.timedelta(hours=2))
    mail.deliver_due()
    mail.deliver_due()
    assert [message.to for message in outbox.outbox] == [["mia@example.com"]]
    assert OutgoingMail.objects.get(to="mia@example.com").state == "sent"
