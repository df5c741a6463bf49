"""The digest: what happened, in one mail of sentences and links, for each member who wants it.

A member reads of what the member may see when the mail is written; the doors of the objects say so.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.localize import as_in, zone_of
from accounts.models import Membership, User
from jobs.digest_times import SPANS, is_due, last_moment
from jobs.event_kinds import kinds, page_of, subjects
from jobs.models import Digest, Event
from ui.errors import DomainError, NotFound
from ui.formats import day

MOST_OBJECTS = 25
MOST_LINES = 15
_signer = Signer(salt="digest.stop")


def send_due(now: dt.datetime | None = None) -> int:
    """Send every digest that is due; returns how many mails that were. Safe to run twice."""
    now = now or timezone.now()
    members = Membership.objects.filter(organization__archived_at=None, user__is_active=True)
    rows = members.select_related("organization", "digest").order_by("pk")
    due = [row.pk for row in rows if _is_due(row, now)]
    return sum(_send(pk, now) for pk in due)


def _is_due(membership: Membership, now: dt.datetime) -> bool:
    digest = getattr(membership, "digest", None) or Digest(membership=membership)
    return is_due(digest.every, _local(membership, now), digest.sent_until or membership.created_at)


def _local(membership: Membership, now: dt.datetime) -> dt.datetime:
    return timezone.localtime(now, zone_of(membership.organization))


@transaction.atomic
def _send(pk: UUID, now: dt.datetime) -> int:
    """One member's digest, and the mark up to when it goes, in one transaction."""
    membership = Membership.objects.select_related("organization", "user").filter(pk=pk).first()
    if membership is None:
        return 0
    Digest.objects.get_or_create(membership=membership)
    digest = Digest.objects.select_for_update().get(membership=membership)
    local = _local(membership, now)
    if not is_due(digest.every, local, digest.sent_until or membership.created_at):
        return 0
    since = digest.sent_until or last_moment(digest.every, local) - SPANS[digest.every]
    Digest.objects.filter(pk=digest.pk).update(sent_until=now)
    events = Event.objects.filter(
        organization=membership.organization, at__gt=max(since, membership.created_at), at__lte=now
    )
    with as_in(membership.organization):
        stories = stories_for(membership.user, events.order_by("at", "pk"))
    if not stories:
        return 0
    stop = mail.absolute(reverse("outbox:digest_stop", args=[stop_mark(membership)]))
    mail.send(
        organization=membership.organization,
        to=membership.user.email,
        template="emails/digest",
        context={
            "name": membership.user.get_full_name(),
            "stories": stories,
            "every": digest.every,
            "choose": mail.absolute(reverse("outbox:digest")),
            "stop": stop,
        },
        stop_url=stop,
    )
    return 1


def stories_for(user: User, events: Iterable[Event]) -> list[dict[str, Any]]:
    """What happened to each object that this person may see: ``lines`` in order of time, and a ``link``."""
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind in kinds():
            found[event.about_type, event.about_id].append(event)
    stories = []
    for (about_type, about_id), own in found.items():
        try:
            subject = subjects()[about_type].get(user, about_id)
        except (DomainError, NotFound):
            continue
        stories.append(
            {
                "lines": [_line(event, str(subject)) for event in own[-MOST_LINES:]],
                "earlier": max(len(own) - MOST_LINES, 0),
                "link": mail.absolute(page_of(own[-1].kind, about_id)),
            }
        )
    return stories[:MOST_OBJECTS]


def _line(event: Event, name: str) -> str:
    values = {key: _shown(value) for key, value in event.data.items()}
    return f"{day(timezone.localtime(event.at))}: {words(event.kind, {**values, 'name': name})}"


def words(kind: str, values: Mapping[str, str]) -> str:
    """The sentence of an event; what its data lacks is left as an ellipsis."""
    return kinds()[kind].words.format_map(defaultdict(lambda: "…", values))


def _shown(value: Any) -> str:
    return str(value).replace("_", " ")


def choose(membership: Membership, every: str) -> None:
    """How often from now on. What happened while there was none is not made up for."""
    Digest.objects.update_or_create(
        membership=membership, defaults={"every": every, "sent_until": timezone.now()}
    )


def stop_mark(membership: Membership) -> str:
    """What stands in the address that stops a member's digest; it opens nothing else."""
    return _signer.sign(str(membership.pk))


def membership_of_mark(mark: str) -> Membership | None:
    """Whose digest a mark stops; None for a mark that was not made here."""
    try:
        pk = UUID(_signer.unsign(mark))
    except (BadSignature, ValueError):
        return None
    return Membership.objects.select_related("organization", "user").filter(pk=pk).first()
