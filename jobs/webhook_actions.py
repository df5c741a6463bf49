"""What people do with webhooks. Each change is an entry of the audit log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from jobs.event_kinds import AREAS
from jobs.models import Delivery, Event, Webhook
from jobs.webhook_addresses import NotReachable, check, target_of
from jobs.webhook_delivery import TEST, lock_away, under_way
from jobs.webhook_post import resolve
from jobs.webhook_signing import new_secret
from ui.errors import Conflict, Invalid

MOST = 20
BOTH_VALID = dt.timedelta(hours=24)


@transaction.atomic
def add_webhook(
    organization: Organization, *, by: User, name: str, url: str, areas: Sequence[str]
) -> tuple[Webhook, str]:
    """A webhook and its secret, which is shown once."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if Webhook.objects.filter(organization=organization).count() >= MOST:
        raise Conflict(f"An organization has at most {MOST} webhooks. Delete one first.")
    chosen = [area for area in AREAS if area in areas]
    if not chosen:
        raise Invalid("Choose what it is told.", fields={"areas": ["At least one."]})
    _refuse_unreachable(url)
    secret = new_secret()
    webhook = Webhook.objects.create(
        organization=organization,
        name=name.strip()[:80],
        url=url,
        areas=chosen,
        secret=lock_away(secret),
        created_by=by,
    )
    _note("webhook.added", webhook, by)
    return webhook, secret


def _refuse_unreachable(url: str) -> None:
    """Say at once what every delivery would say later."""
    try:
        target = target_of(url)
        check(target, resolve(target), settings.WEBHOOKS_ALLOWED)
    except NotReachable as error:
        raise Invalid("This address cannot be used.", fields={"url": [str(error)]}) from error


@transaction.atomic
def rotate_secret(webhook: Webhook, *, by: User) -> str:
    """A new secret, shown once. For a day requests carry a signature by the old one too."""
    locked = Webhook.objects.select_for_update().get(pk=webhook.pk)
    secret = new_secret()
    Webhook.objects.filter(pk=webhook.pk).update(
        secret=lock_away(secret),
        earlier_secret=locked.secret,
        earlier_until=timezone.now() + BOTH_VALID,
    )
    _note("webhook.secret_rotated", webhook, by)
    return secret


@transaction.atomic
def pause_webhook(webhook: Webhook, *, by: User) -> None:
    """What happens meanwhile waits."""
    running = Webhook.objects.filter(pk=webhook.pk, paused_at=None)
    if not running.update(paused_at=timezone.now(), paused_for=""):
        raise Conflict("This webhook is paused already.")
    _note("webhook.paused", webhook, by)


@transaction.atomic
def resume_webhook(webhook: Webhook, *, by: User) -> None:
    """Send what has waited or was given up from the next minute on, never beside a request under way."""
    paused = Webhook.objects.filter(pk=webhook.pk).exclude(paused_at=None)
    if not paused.update(paused_at=None, paused_for=""):
        raise Conflict("This webhook is not paused.")
    open_ = Delivery.objects.filter(webhook=webhook).exclude(event__kind=TEST)
    open_.exclude(Q(state=Delivery.State.SENT) | under_way()).update(
        state=Delivery.State.QUEUED, attempts=0, next_attempt_at=timezone.now()
    )
    _note("webhook.resumed", webhook, by)


@transaction.atomic
def delete_webhook(webhook: Webhook, *, by: User) -> None:
    """It is told nothing more, from the commit on."""
    _note("webhook.deleted", webhook, by)
    Webhook.objects.filter(pk=webhook.pk).delete()


@transaction.atomic
def request_test(webhook: Webhook, *, by: User) -> Delivery:
    """Put a test on its way to this webhook alone; it is tried once."""
    event = Event.objects.create(
        organization=webhook.organization,
        kind=TEST,
        about_type=webhook._meta.label_lower,
        about_id=str(webhook.pk),
        spread_at=timezone.now(),
    )
    delivery = Delivery.objects.create(webhook=webhook, event=event)
    _note("webhook.tested", webhook, by)
    transaction.on_commit(partial(_enqueue, delivery.pk))
    return delivery


def _enqueue(pk: UUID) -> None:
    from jobs.tasks import send_delivery  # the queue is opened on first use, not at import

    send_delivery.enqueue(str(pk))


def _note(event: str, webhook: Webhook, by: User) -> None:
    audit.record(
        organization=webhook.organization,
        actor=by,
        event=event,
        subject=webhook,
        data={"name": webhook.name, "areas": webhook.areas},
    )
