"""What people do with mails that were sent or were not."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit, mail
from accounts.models import OutgoingMail, User
from ui.errors import Conflict


@transaction.atomic
def retry_mail(row: OutgoingMail, *, by: User) -> None:
    """Queue a failed mail again. What was sent and came back has no text any more and cannot be repeated."""
    moved = OutgoingMail.objects.filter(pk=row.pk, state=OutgoingMail.State.FAILED).update(
        state=OutgoingMail.State.QUEUED, attempts=0, next_attempt_at=timezone.now(), error=""
    )
    if not moved:
        raise Conflict("Only a mail that could not be sent can be sent again. Send a new one instead.")
    audit.record(organization=row.organization, actor=by, event="mail.retried", subject=row, data={})
    mail.deliver.enqueue(str(row.pk))


@transaction.atomic
def mark_bounced(row: OutgoingMail, *, by: User) -> None:
    """Note that a mail came back, so that the address is corrected."""
    moved = OutgoingMail.objects.filter(pk=row.pk, state=OutgoingMail.State.SENT).update(
        state=OutgoingMail.State.BOUNCED, error=f"Marked as come back by {by.get_full_name()}"
    )
    if not moved:
        raise Conflict("Only a mail that was sent can come back.")
    audit.record(organization=row.organization, actor=by, event="mail.bounced", subject=row, data={})
