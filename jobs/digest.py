"""The digest: what happened, in one mail of sentences and links, for each member and guest who wants it.

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
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.localize import as_in, zone_of
from accounts.models import Membership, Organization, User
from jobs.digest_times import SPANS, is_due, last_moment
from jobs.event_kinds import kinds, page_of, subjects
from jobs.guests import Guest, guests
from jobs.models import Digest, Event, GuestDigest
from jobs.outbox_models import Rhythm
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
    return sum(_send(pk, now) for pk in due) + sum(_send_guest(guest, now) for guest in guests())


def _is_due(membership: Membership, now: dt.datetime) -> bool:
    digest = getattr(membership, "digest", None) or Digest(membership=membership)
    local = _local(membership.organization, now)
    return is_due(digest.every, local, digest.sent_until or membership.created_at)


def _local(organization: Organization, now: dt.datetime) -> dt.datetime:
    return timezone.localtime(now, zone_of(organization))


@transaction.atomic
def _send(pk: UUID, now: dt.datetime) -> int:
    """One member's digest, and the mark up to when it goes, in one transaction."""
    membership = Membership.objects.select_related("organization", "user").filter(pk=pk).first()
    if membership is None:
        return 0
    Digest.objects.get_or_create(membership=membership)
    digest = Digest.objects.select_for_update().get(membership=membership)
    organization = membership.organization
    local = _local(organization, now)
    if not is_due(digest.every, local, digest.sent_until or membership.created_at):
        return 0
    since = digest.sent_until or last_moment(digest.every, local) - SPANS[digest.every]
    Digest.objects.filter(pk=digest.pk).update(sent_until=now)
    events = _events(organization, max(since, membership.created_at), now)
    return _mail(organization, membership.user, digest, events, choose=reverse("outbox:digest"))


@transaction.atomic
def _send_guest(guest: Guest, now: dt.datetime) -> int:
    """The digest of somebody from outside: of the objects that name this person, from then on."""
    organization, user = guest.organization, guest.user
    GuestDigest.objects.get_or_create(organization=organization, user=user)
    digest = GuestDigest.objects.select_for_update().get(organization=organization, user=user)
    local, joined = _local(organization, now), min(guest.since.values())
    if not is_due(digest.every, local, digest.sent_until or joined):
        return 0
    since = max(digest.sent_until or last_moment(digest.every, local) - SPANS[digest.every], joined)
    GuestDigest.objects.filter(pk=digest.pk).update(sent_until=now)
    about = Q()
    for about_type, about_id in guest.since:
        about |= Q(about_type=about_type, about_id=about_id)
    events = _events(organization, since, now).filter(about)
    own = [event for event in events if event.at > guest.since[event.about_type, event.about_id]]
    return _mail(organization, user, digest, own, choose=reverse("outbox:guest_digest", args=[digest.pk]))


def _events(organization: Organization, since: dt.datetime, now: dt.datetime) -> QuerySet[Event]:
    return Event.objects.filter(organization=organization, at__gt=since, at__lte=now).order_by("at", "pk")


def _mail(
    organization: Organization, user: User, digest: Rhythm, events: Iterable[Event], *, choose: str
) -> int:
    """Write the mail, where there is something to tell; returns how many mails that were."""
    with as_in(organization):
        stories = stories_for(user, events)
    if not stories:
        return 0
    stop = mail.absolute(reverse("outbox:digest_stop", args=[stop_mark(digest)]))
    mail.send(
        organization=organization,
        to=user.email,
        template="emails/digest",
        context={
            "name": user.get_full_name(),
            "stories": stories,
            "every": digest.every,
            "choose": mail.absolute(choose),
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


def choose(digest: Rhythm, every: str) -> None:
    """How often from now on. What happened while there was none is not made up for."""
    digest.every, digest.sent_until = every, timezone.now()
    digest.save()


def of_member(membership: Membership) -> Digest:
    """The digest of a member, not kept yet where nothing was chosen or sent."""
    return Digest.objects.filter(membership=membership).first() or Digest(membership=membership)


def stop_mark(digest: Rhythm) -> str:
    """What stands in the address that stops a digest; it opens nothing else."""
    return _signer.sign(f"{'guest' if isinstance(digest, GuestDigest) else 'member'}.{digest.pk}")


def of_mark(mark: str) -> tuple[Rhythm, Organization] | None:
    """Which digest a mark stops, and of what organization; None for a mark that was not made here."""
    try:
        kind, _, key = _signer.unsign(mark).rpartition(".")
        pk = UUID(key)
    except (BadSignature, ValueError):
        return None
    if kind == "guest":
        guest = GuestDigest.objects.select_related("organization").filter(pk=pk).first()
        return (guest, guest.organization) if guest else None
    membership = Membership.objects.select_related("organization").filter(pk=pk).first()
    return (of_member(membership), membership.organization) if membership else None
