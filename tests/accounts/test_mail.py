"""The outbox: written with the change, delivered after it, tried again, shown when it fails."""

import datetime as dt
import email
import email.policy
from smtplib import SMTPException, SMTPRecipientsRefused
from unittest import mock

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts import mail
from accounts.models import MailAttachment, OutgoingMail

pytestmark = pytest.mark.django_db


def send(cast, **more):
    return mail.send(
        organization=cast.organization,
        to="guest@firm.example",
        template="emails/code",
        context={"code": "123456", "what": "try <this>", "minutes": 10},
        by=cast.alice,
        **more,
    )


def test_a_mail_goes_out_and_its_text_is_not_kept(cast):
    row = send(cast, attachments=[("report.pdf", b"%PDF-1.7", "application/pdf")])
    row.refresh_from_db()
    assert (row.state, row.text, row.html, row.attempts) == ("sent", "", "", 1)
    assert not MailAttachment.objects.exists()
    sent = outbox.outbox[0]
    assert sent.subject == "123456 is your code"
    assert "try <this>" in sent.body
    assert "try &lt;this&gt;" in sent.alternatives[0][0]
    assert sent.attachments[0][:2] == ("report.pdf", b"%PDF-1.7")


def test_the_organization_is_the_sender_and_gets_the_replies(cast):
    cast.organization.mail_sender_name = "Halvorsen AI"
    cast.organization.mail_reply_to = "ai@halvorsen.example"
    cast.organization.save()
    send(cast)
    sent = outbox.outbox[0]
    assert sent.from_email.startswith("Halvorsen AI <")
    assert sent.reply_to == ["ai@halvorsen.example"]


def test_a_server_that_is_down_is_tried_again_until_it_is_given_up(cast):
    with mock.patch.object(EmailMultiAlternatives, "send", side_effect=SMTPException("451 later")):
        row = send(cast)
        for attempt in range(1, mail.MAX_ATTEMPTS + 1):
            row.refresh_from_db()
            assert row.attempts == attempt
            assert row.text
            assert row.state == ("failed" if attempt == mail.MAX_ATTEMPTS else "queued")
            assert mail.deliver_due() == 0, "not before its time"
            OutgoingMail.objects.update(next_attempt_at=timezone.now() - dt.timedelta(seconds=1))
            mail.deliver_due()
    assert "451 later" in row.error


def test_an_address_that_the_server_refuses_has_bounced(cast):
    refused = SMTPRecipientsRefused({"guest@firm.example": (550, b"no such user")})
    with mock.patch.object(EmailMultiAlternatives, "send", side_effect=refused):
        row = send(cast)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("bounced", 1)
    assert "no such user" in row.error


def test_delivering_twice_sends_once(cast):
    row = send(cast)
    mail.deliver.call(str(row.pk))
    assert len(outbox.outbox) == 1


def test_mail_as_files(cast, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = (
        "accounts.mail_files.EmlBackend",
        str(tmp_path / "mail"),
    )
    assert mail.mail_goes_to_files()
    send(cast)
    (path,) = (tmp_path / "mail").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message["To"] == "guest@firm.example"
    assert "123456" in message.get_body(("plain",)).get_content()


def test_the_outbox_page_shows_trouble_first_and_sends_again(cast):
    refused = SMTPException("down")
    with mock.patch.object(EmailMultiAlternatives, "send", side_effect=refused):
        row = send(cast)
    OutgoingMail.objects.update(state="failed")
    client = cast.client("facilitator")
    assert "One mail did not arrive" in client.get("/people/mail/").content.decode()
    client.post(f"/people/mail/{row.pk}/retry/")
    row.refresh_from_db()
    assert row.state == "sent"
    assert client.post(f"/people/mail/{row.pk}/retry/").status_code == 409
    client.post(f"/people/mail/{row.pk}/bounced/")
    row.refresh_from_db()
    assert row.state == "bounced"


def test_every_mail_begins_with_its_subject(settings):
    for path in sorted((settings.BASE_DIR / "templates" / "emails").glob("*.txt")):
        assert path.read_text().removeprefix("{% autoescape off %}").startswith("Subject: "), path.name
