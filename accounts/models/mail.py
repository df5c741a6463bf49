"""The outbox: a mail is a row in the transaction that called for it, and is delivered after the commit."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.people import Organization, User


class OutgoingMail(models.Model):
    """One mail to one address. The text is emptied once the mail is out, because it may hold a link."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"
        BOUNCED = "bounced", "Came back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="outgoing_mail"
    )
    to = models.EmailField()
    template = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    # Where one request ends mails of this sort; mail programs show it as a button (RFC 8058).
    stop_url = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="accounts_mail_due"),
            models.Index(fields=["organization", "-created_at"], name="accounts_mail_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} · {self.to}"


class MailAttachment(models.Model):
    """A file that goes with a mail; removed with the text once the mail is out."""

    mail = models.ForeignKey(OutgoingMail, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
