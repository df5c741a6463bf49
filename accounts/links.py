"""Personal links: one thing opened to one person without an account.

Opening a link never uses it up, because mail scanners open links too. The token is exchanged for a
mark in the visitor's session and the visitor is sent to an address without it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import audit
from accounts.models import Organization, PersonalLink, User
from accounts.models.keys import hash_secret, new_secret

SESSION_KEY = "accounts.links"
KEPT_IN_SESSION = 10


@transaction.atomic
def issue(
    *,
    purpose: str,
    organization: Organization,
    subject: Model,
    address: str,
    expires: dt.datetime,
    by: User | None,
) -> str:
    """Make a link to ``subject`` and return its path with the token, which is kept nowhere."""
    token = new_secret()
    link = PersonalLink.objects.create(
        purpose=purpose,
        organization=organization,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        address=address.strip().lower(),
        token_hash=hash_secret(token),
        expires_at=expires,
        created_by=by,
    )
    audit.record(
        organization=organization,
        actor=by,
        event="link.issued",
        subject=link,
        data={"purpose": purpose, "for": [link.subject_type, link.subject_id], "expires": expires},
        personal={"address": link.address} if link.address else None,
    )
    return reverse("accounts:link", args=[token])


def links_to(subject: Model, purpose: str | None = None) -> QuerySet[PersonalLink]:
    """All links to ``subject``, newest first."""
    links = PersonalLink.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))
    if purpose is not None:
        links = links.filter(purpose=purpose)
    return links.order_by("-created_at")


@transaction.atomic
def revoke(*, subject: Model, by: User | None, purpose: str | None = None) -> int:
    """Close all open links to ``subject``; they stop working with the commit. Returns how many there were."""
    revoked = 0
    for link in links_to(subject, purpose).filter(revoked_at__isnull=True).select_related("organization"):
        if not PersonalLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        ):
            continue
        revoked += 1
        audit.record(
            organization=link.organization,
            actor=by,
            event="link.revoked",
            subject=link,
            data={"purpose": link.purpose, "for": [link.subject_type, link.subject_id]},
        )
    return revoked


def find(token: str) -> PersonalLink | None:
    """The link with this token, in whatever state."""
    found = PersonalLink.objects.select_related("organization", "created_by")
    return found.filter(token_hash=hash_secret(token)).first()


def enter(request: HttpRequest, link: PersonalLink) -> str:
    """Bind the link to the visitor's session, leave all else in it alone, and return where it leads."""
    if not request.user.is_authenticated and SESSION_KEY not in request.session:
        request.session.cycle_key()
    kept = [pk for pk in _kept(request) if pk != str(link.pk)]
    request.session[SESSION_KEY] = [*kept, str(link.pk)][-KEPT_IN_SESSION:]
    PersonalLink.objects.filter(pk=link.pk).update(last_used_at=timezone.now())
    targets: Mapping[str, str] = import_string(settings.LINK_TARGETS)
    return reverse(targets[link.purpose], args=[link.subject_id])


def current(request: HttpRequest | Any, purpose: str, subject: Model | None = None) -> PersonalLink | None:
    """The link of this purpose that the visitor opened last and that is still good; read now.

    With ``subject`` only a link to that very object counts.
    """
    kept = _kept(request)
    links = PersonalLink.objects.select_related("organization").filter(
        pk__in=kept, purpose=purpose, revoked_at__isnull=True, expires_at__gt=timezone.now()
    )
    if subject is not None:
        links = links.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))
    return max(links, key=lambda link: kept.index(str(link.pk)), default=None)


def was_opened(request: HttpRequest | Any, purpose: str, subject: Model) -> bool:
    """Whether this visitor came by a link of this purpose to this object, which may be closed by now."""
    return links_to(subject, purpose).filter(pk__in=_kept(request), expires_at__gt=timezone.now()).exists()


def organization_of_visitor(request: HttpRequest) -> Organization | None:
    """The organization of the link that this visitor opened last, whatever its state; None without links."""
    kept = _kept(request)
    link = PersonalLink.objects.select_related("organization").filter(pk=kept[-1]).first() if kept else None
    return link.organization if link else None


def leave(request: HttpRequest | Any, link: PersonalLink) -> None:
    """Forget one link in this session; the link itself stays good."""
    request.session[SESSION_KEY] = [pk for pk in _kept(request) if pk != str(link.pk)]


def _kept(request: HttpRequest | Any) -> list[str]:
    if not kept_somewhere(request):
        return []
    kept = request.session.get(SESSION_KEY, [])
    return [pk for pk in kept if isinstance(pk, str)] if isinstance(kept, list) else []


def kept_somewhere(request: HttpRequest | Any) -> bool:
    """Whether the visitor's session holds any personal link at all."""
    return hasattr(request, "session") and SESSION_KEY in request.session
