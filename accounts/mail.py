"""Sending mail: a row in the transaction that calls for it, delivered by the worker after the commit.

A mail is one text template. Its first line is ``Subject: ...``; paragraphs are parted by empty lines, and
a paragraph that is nothing but an address becomes the button of the HTML part.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from email.utils import formataddr, parseaddr
from smtplib import SMTPRecipientsRefused
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django_tasks import task

from accounts.localize import as_in
from accounts.models import MailAttachment, Organization, OutgoingMail, User

MAX_ATTEMPTS = 6
WAIT = dt.timedelta(minutes=1)
LOST_AFTER = dt.timedelta(minutes=10)

Attachment = tuple[str, bytes, str]
log = logging.getLogger(__name__)


def mail_goes_to_files() -> bool:
    """Whether mail only ends up in the data folder, so that an address proves nothing about its reader."""
    return "EmlBackend" in settings.EMAIL_BACKEND or "filebased" in settings.EMAIL_BACKEND


def absolute(path: str) -> str:
    """A path of ours as a full address for use in mails."""
    return f"{settings.PUBLIC_URL}{path}"


@transaction.atomic
def send(
    *,
    organization: Organization | None,
    to: str,
    template: str,
    context: Mapping[str, Any],
    attachments: Sequence[Attachment] = (),
    by: User | None = None,
    stop_url: str = "",
) -> OutgoingMail:
    """Queue one mail to one address.

    ``template`` is a name without ending, such as "emails/invitation"; ``attachments`` are (name, content,
    media type). ``stop_url`` is for mails that nobody asked for one by one. The context also gets
    ``organization`` and ``public_url``.
    """
    values = {"organization": organization, "public_url": settings.PUBLIC_URL, **context}
    with as_in(organization):
        subject, text = _split(render_to_string(f"{template}.txt", values))
    mail = OutgoingMail.objects.create(
        organization=organization,
        to=to.strip(),
        template=template,
        subject=subject[:200],
        text=text,
        html=render_to_string("emails/layout.html", {**values, "subject": subject, "blocks": _blocks(text)}),
        created_by=by,
        stop_url=stop_url,
    )
    MailAttachment.objects.bulk_create(
        [
            MailAttachment(mail=mail, name=name, content=content, media_type=media_type)
            for name, content, media_type in attachments
        ]
    )
    deliver.enqueue(str(mail.pk))
    return mail


def _split(rendered: str) -> tuple[str, str]:
    head, _, text = rendered.strip().partition("\n")
    if not head.startswith("Subject: "):
        raise ValueError("A mail template starts with a line 'Subject: ...'.")
    return " ".join(head.removeprefix("Subject: ").split()), text.strip() + "\n"


def _blocks(text: str) -> list[dict[str, str]]:
    paragraphs = [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]
    return [
        {
            "kind": "link" if block.startswith(("http://", "https://")) and " " not in block else "text",
            "text": block,
        }
        for block in paragraphs
    ]


@task
def deliver(mail_id: str) -> None:
    """Send one queued mail. Safe to run twice: whoever claims the row sends it."""
    mail = _claim(UUID(mail_id))
    if mail is None:
        return
    try:
        _message(mail).send()
    except Exception as error:  # whatever a mail server does, the row says so and is tried again
        _failed(mail, error)
    else:
        _sent(mail)


def _claim(pk: UUID) -> OutgoingMail | None:
    now = timezone.now()
    mail = (
        OutgoingMail.objects.select_related("organization")
        .filter(pk=pk, state=OutgoingMail.State.QUEUED)
        .first()
    )
    if mail is None or mail.next_attempt_at > now:
        return None
    claimed = OutgoingMail.objects.filter(
        pk=pk, state=OutgoingMail.State.QUEUED, attempts=mail.attempts
    ).update(attempts=mail.attempts + 1, next_attempt_at=now + LOST_AFTER)
    mail.attempts += 1
    return mail if claimed else None


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    organization = mail.organization
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    sender = (
        formataddr((organization.mail_sender_name, address))
        if organization and organization.mail_sender_name
        else None
    )
    reply_to = [organization.mail_reply_to] if organization and organization.mail_reply_to else None
    headers = (
        {"List-Unsubscribe": f"<{mail.stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        if mail.stop_url
        else None
    )
    message = EmailMultiAlternatives(
        mail.subject, mail.text, sender, [mail.to], reply_to=reply_to, headers=headers
    )
    message.attach_alternative(mail.html, "text/html")
    for attachment in mail.attachments.all():
        message.attach(attachment.name, bytes(attachment.content), attachment.media_type)
    return message


@transaction.atomic
def _sent(mail: OutgoingMail) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(
        state=OutgoingMail.State.SENT, sent_at=timezone.now(), text="", html="", stop_url="", error=""
    )
    MailAttachment.objects.filter(mail=mail).delete()


def _failed(mail: OutgoingMail, error: Exception) -> None:
    state = OutgoingMail.State.QUEUED
    if _refused_for_good(error):
        state = OutgoingMail.State.BOUNCED
    elif mail.attempts >= MAX_ATTEMPTS:
        state = OutgoingMail.State.FAILED
    again = timezone.now() + WAIT * 2**mail.attempts
    log.warning("Mail %s was not sent, attempt %s: %s", mail.pk, mail.attempts, type(error).__name__)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        state=state,
        error=_in_words(error),
        next_attempt_at=again,
    )


def _refused_for_good(error: Exception) -> bool:
    """Whether the server says that this address takes no mail: trying again would not help."""
    if not isinstance(error, SMTPRecipientsRefused):
        return False
    return all(500 <= code < 600 for code, _ in error.recipients.values())


def _in_words(error: Exception) -> str:
    words = str(error).strip()
    return f"{type(error).__name__}: {words}"[:500] if words else type(error).__name__


def deliver_due() -> int:
    """Send what is due, also what a worker left behind; meant for every minute. Returns how many."""
    due = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED, next_attempt_at__lte=timezone.now())
    ids = [str(pk) for pk in due.order_by("next_attempt_at").values_list("pk", flat=True)[:200]]
    for mail_id in ids:
        deliver.call(mail_id)
    return len(ids)
