"""The outbox: an event is a row in the transaction of its change; the worker hands it on afterwards.

Delivery is at least once. An event keeps its id through every repeat, and a delivery exists once for each
event and webhook, so that a worker that dies half-way repeats but never doubles.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts import chain
from jobs.event_kinds import kinds, subjects
from jobs.models import Delivery, Event, Webhook

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import Organization

KEPT = dt.timedelta(days=90)
AT_ONCE = 500


def publish(
    kind: str,
    *,
    organization: Organization,
    about: Model,
    data: Mapping[str, Any] | None = None,
    key: str = "",
) -> None:
    """Note an event in the transaction of the change that it tells of.

    ``data`` holds ids, figures and states, never names or addresses of people. With ``key`` the event exists
    once in its organization, however often it is published.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of the change it tells of.")
    if kind not in kinds():
        raise LookupError(f"config/events.py has no event called {kind}")
    label = about._meta.label_lower
    if label not in subjects():
        raise LookupError(f"config/events.py has no subject {label}")
    event = Event(
        organization=organization,
        kind=kind,
        about_type=label,
        about_id=str(about.pk),
        data=chain.plain(data or {}),
        key=key,
    )
    Event.objects.bulk_create([event], ignore_conflicts=bool(key))
    transaction.on_commit(partial(_enqueue, event.pk))


def _enqueue(pk: UUID) -> None:
    from jobs.tasks import spread_event  # the queue is opened on first use, not at import

    spread_event.enqueue(str(pk))


@transaction.atomic
def spread(pk: UUID) -> list[UUID]:
    """Put an event on its way to each webhook that wants it; returns the deliveries. Safe to run twice."""
    event = (
        Event.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(pk=pk, spread_at=None)
        .first()
    )
    if event is None:
        return []
    area = kinds()[event.kind].area if event.kind in kinds() else ""
    own = Webhook.objects.filter(organization=event.organization, created_at__lte=event.at)
    deliveries = [Delivery(webhook=webhook, event=event) for webhook in own if area in webhook.areas]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Event.objects.filter(pk=pk).update(spread_at=timezone.now())
    return [row.pk for row in deliveries]


def spread_waiting() -> int:
    """Spread what a worker left behind; returns how many events that were."""
    waiting = list(Event.objects.filter(spread_at=None).values_list("pk", flat=True)[:AT_ONCE])
    for pk in waiting:
        spread(pk)
    return len(waiting)


def forget_old() -> int:
    """Delete events, with their deliveries, that nobody reads any more; those still on their way stay."""
    old = Event.objects.filter(at__lt=timezone.now() - KEPT).exclude(spread_at=None)
    gone, _ = old.exclude(deliveries__state=Delivery.State.QUEUED).delete()
    return gone
