"""Delivering events to webhooks: claimed once, tried again with growing waits, then paused and told of."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import logging
import time
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import Membership, Role
from jobs.event_kinds import kinds, page_of, subjects
from jobs.models import Delivery, Event, Webhook
from jobs.webhook_addresses import NotReachable, target_of
from jobs.webhook_post import NotDelivered, post
from jobs.webhook_signing import signature

TEST = "webhook.test"
LOST_AFTER = dt.timedelta(minutes=5)
# How long is waited after each failed attempt; a day and a half in all, then the webhook is paused.
WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 1080))
MOST_ATTEMPTS = len(WAITS) + 1
GONE = 410
AT_ONCE = 200
log = logging.getLogger(__name__)


def _box() -> Fernet:
    key = hashlib.sha256(b"webhook\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def lock_away(secret: str) -> str:
    """A secret as the database keeps it."""
    return _box().encrypt(secret.encode()).decode()


def _secrets(webhook: Webhook) -> list[str]:
    """The secrets to sign with: the present one, and for a while the one before. Raises NotDelivered."""
    kept = [webhook.secret]
    if webhook.earlier_secret and webhook.earlier_until and webhook.earlier_until > timezone.now():
        kept.append(webhook.earlier_secret)
    try:
        return [_box().decrypt(secret.encode()).decode() for secret in kept]
    except InvalidToken as error:
        raise NotDelivered("The secret cannot be read any more. Change it.") from error


def body_of(event: Event) -> bytes:
    """The body of a request: what happened to what, when, and where to read on. No people."""
    data: dict[str, Any] = {"organization": event.organization.slug, **event.data}
    if event.kind in kinds():
        data["object"] = subjects()[event.about_type].name
        data["id"] = event.about_id
        data["link"] = mail.absolute(page_of(event.kind, event.about_id))
    content = {"type": event.kind, "timestamp": event.at.isoformat(), "data": data}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def deliver(pk: UUID) -> None:
    """Send one delivery that is due. Safe to run twice: whoever claims the row sends it."""
    row = _claim(pk)
    if row is None:
        return
    try:
        status = _send(row)
    except (NotReachable, NotDelivered) as error:
        _failed(row, None, str(error))
        return
    if 200 <= status < 300:
        Delivery.objects.filter(pk=row.pk).update(
            state=Delivery.State.SENT, sent_at=timezone.now(), status=status, error=""
        )
    else:
        hint = " Redirects are not followed." if 300 <= status < 400 else ""
        _failed(row, status, f"The receiver answered {status}.{hint}")


def deliver_due() -> int:
    """Send what is due, also what a worker left behind; returns how many."""
    due = Delivery.objects.filter(state=Delivery.State.QUEUED, next_attempt_at__lte=timezone.now())
    # A test is sent though the webhook is paused: it says whether it may go on.
    due = due.filter(Q(webhook__paused_at=None) | Q(event__kind=TEST))
    ids = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:AT_ONCE])
    for pk in ids:
        deliver(pk)
    return len(ids)


def _claim(pk: UUID) -> Delivery | None:
    now = timezone.now()
    waiting = Delivery.objects.filter(pk=pk, state=Delivery.State.QUEUED, next_attempt_at__lte=now)
    row = waiting.select_related("event__organization", "webhook__organization").first()
    if row is None or (row.webhook.paused_at is not None and row.event.kind != TEST):
        return None
    seen = {"attempts": row.attempts, "next_attempt_at": row.next_attempt_at}
    unclaimed = Delivery.objects.filter(pk=pk, state=Delivery.State.QUEUED, **seen)
    row.attempts, row.next_attempt_at = row.attempts + 1, now + LOST_AFTER
    claim = {"attempts": row.attempts, "next_attempt_at": row.next_attempt_at}
    return row if unclaimed.update(status=None, error="", **claim) else None


def under_way() -> Q:
    """Claimed by a worker that has not said yet how it went: whatever failed has an error."""
    return Q(state=Delivery.State.QUEUED, attempts__gt=0, error="")


def _send(row: Delivery) -> int:
    body, at, message_id = body_of(row.event), int(time.time()), f"msg_{row.event_id}"
    signed = [signature(secret, message_id=message_id, at=at, body=body) for secret in _secrets(row.webhook)]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Throughline",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signed),
    }
    return post(target_of(row.webhook.url), body, headers, listed=settings.WEBHOOKS_ALLOWED)


@transaction.atomic
def _failed(row: Delivery, status: int | None, error: str) -> None:
    given_up = row.attempts >= MOST_ATTEMPTS or status == GONE or row.event.kind == TEST
    log.warning("Webhook %s: delivery %s, attempt %s failed", row.webhook_id, row.pk, row.attempts)
    # After too long another worker took it over: what that one finds out counts.
    own = Delivery.objects.filter(pk=row.pk, attempts=row.attempts, next_attempt_at=row.next_attempt_at)
    settled = own.update(
        state=Delivery.State.FAILED if given_up else Delivery.State.QUEUED,
        status=status,
        error=error[:300],
        next_attempt_at=timezone.now() + WAITS[min(row.attempts, len(WAITS)) - 1],
    )
    if settled and given_up and row.event.kind != TEST:
        _pause(row.webhook, error)


def _pause(webhook: Webhook, error: str) -> None:
    """Stop calling an address that does not answer, and mail those who can do something, once."""
    running = Webhook.objects.filter(pk=webhook.pk, paused_at=None)
    if not running.update(paused_at=timezone.now(), paused_for=error[:300]):
        return
    leaders = Membership.objects.filter(organization=webhook.organization, user__is_active=True)
    leaders = leaders.filter(Q(role=Role.OWNER) | Q(role=Role.FACILITATOR, user=webhook.created_by))
    for membership in leaders.select_related("user"):
        mail.send(
            organization=webhook.organization,
            to=membership.user.email,
            template="emails/webhook_paused",
            context={
                "webhook": webhook,
                "error": error,
                "link": mail.absolute(reverse("outbox:webhook", args=[webhook.pk])),
            },
        )
