"""Reads that are more than a look-up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import (
    AuditEvent,
    ChainHead,
    Function,
    Invitation,
    Membership,
    Organization,
    OutgoingMail,
    User,
)
from accounts.sentences import ERASED, SENTENCES, sentence, visitor
from accounts.verification import Tampering, check_entry, keys_by_mark

ROLE_ORDER = ("owner", "facilitator", "member", "viewer")


@dataclass(frozen=True)
class AuditLine:
    """One entry as people read it."""

    number: int
    at: dt.datetime
    who: str
    says: str
    event: str
    details: list[tuple[str, str]]
    tampering: list[Tampering]


def members(organization: Organization) -> list[Membership]:
    """All members, owners first, then by name."""
    rows = Membership.objects.filter(organization=organization).select_related("user", "unit")
    return sorted(rows, key=lambda row: (ROLE_ORDER.index(row.role), row.user.get_full_name().casefold()))


def open_invitations(organization: Organization) -> list[Invitation]:
    """Invitations that wait, also those whose time has run out, by address."""
    rows = Invitation.objects.filter(organization=organization, accepted_at=None, revoked_at=None)
    return list(rows.select_related("unit").order_by("email"))


def uncovered_functions(rows: list[Membership]) -> list[str]:
    """Functions that no member answers for."""
    covered = {key for row in rows for key in row.functions}
    return [str(function.label) for function in Function if function.value not in covered]


def troubled_mail(organization: Organization) -> int:
    """How many mails did not arrive, as far as is known."""
    return OutgoingMail.objects.filter(
        organization=organization, state__in=[OutgoingMail.State.FAILED, OutgoingMail.State.BOUNCED]
    ).count()


def mail_counts(organization: Organization) -> dict[str, int]:
    """Mails of an organization by state."""
    rows = OutgoingMail.objects.filter(organization=organization).values("state").annotate(n=Count("pk"))
    return {row["state"]: row["n"] for row in rows}


def audit_events(
    organization: Organization, *, about: str = "", who: str = "", since: dt.date | None = None
) -> QuerySet[AuditEvent]:
    """Entries of an organization's chain, newest first, filtered."""
    events = AuditEvent.objects.filter(chain=str(organization.pk)).prefetch_related("clear_texts")
    if about:
        events = events.filter(event__startswith=f"{about}.")
    if who:
        events = events.filter(actor_id=UUID(who))
    if since:
        start = dt.datetime.combine(since, dt.time.min, tzinfo=timezone.get_current_timezone())
        events = events.filter(created_at__gte=start)
    return events.order_by("-number")


def audit_areas(organization: Organization) -> list[str]:
    """What entries are about, by the first word of their events."""
    names = AuditEvent.objects.filter(chain=str(organization.pk)).order_by().values_list("event", flat=True)
    return sorted({name.split(".", 1)[0] for name in names.distinct()})


def audit_people(organization: Organization) -> list[tuple[str, str]]:
    """Everybody who stands in the log as acting, as (id, name)."""
    ids = AuditEvent.objects.filter(chain=str(organization.pk), actor__isnull=False).order_by()
    people = User.objects.filter(pk__in=ids.values_list("actor_id", flat=True).distinct())
    return sorted(
        ((str(user.pk), user.get_full_name()) for user in people), key=lambda pair: pair[1].casefold()
    )


def audit_lines(events: list[AuditEvent]) -> list[AuditLine]:
    """Entries in words, each checked against its seal."""
    people = {
        user.pk: user.get_full_name() for user in User.objects.filter(pk__in={e.actor_id for e in events})
    }
    sentences = {**SENTENCES, **_other_sentences()}
    keys = keys_by_mark()
    return [_line(event, people, sentences, list(check_entry(event, keys))) for event in events]


def _other_sentences() -> dict[str, str]:
    path = getattr(settings, "AUDIT_SENTENCES", "")
    found: dict[str, str] = import_string(path) if path else {}
    return found


def _line(
    event: AuditEvent, people: dict[Any, str], sentences: dict[str, str], tampering: list[Tampering]
) -> AuditLine:
    clear = {text.field: text.value if text.salt else ERASED for text in event.clear_texts.all()}
    values = {**(event.data if isinstance(event.data, dict) else {}), **clear}
    return AuditLine(
        number=event.number,
        at=event.created_at,
        who=_who(event, people, clear),
        says=sentence(event.event, values, sentences),
        event=event.event,
        details=[(name.replace("_", " "), _detail(value)) for name, value in sorted(values.items())],
        tampering=tampering,
    )


def _who(event: AuditEvent, people: dict[Any, str], clear: dict[str, str]) -> str:
    """The person; visitors by link have no account, but may have left or signed with their name."""
    if event.actor_id is None:
        by_link = isinstance(event.data, dict) and event.data.get("method") == "link"
        return clear.get("name") or (by_link and event.data.get("name")) or visitor(event.event)
    return people.get(event.actor_id, "Somebody unknown")


def _detail(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_detail(child)}" for name, child in value.items())
    if isinstance(value, list):
        return ", ".join(_detail(child) for child in value)
    return "none" if value in (None, "") else str(value)


def chain_length(organization: Organization) -> int:
    """How many entries the organization's chain should have."""
    head = ChainHead.objects.filter(pk=str(organization.pk)).first()
    return head.length if head else 0
