"""MLflow's own page on the second host name: opened by a ticket, kept open by a cookie of its own.

The main session never goes there. A ticket is made by a form on the main host, so that a link in a mail opens
nothing. What it is exchanged for opens one project, for one person, as long as that person's session lasts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.models.keys import hash_secret, new_secret
from projects.access import rights_now, standing_of
from projects.models import PageVisit, Project
from ui.errors import NotAllowed

TICKET_SECONDS = 30
LASTS = dt.timedelta(hours=8)
_signer = signing.TimestampSigner(salt="projects.visits")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at MLflow's page, with the rights that this person has in the project now."""

    project: Project
    user: User
    rights: frozenset[str]


@transaction.atomic
def open_visit(project: Project, *, by: User, session_key: str) -> str:
    """A ticket for MLflow's page of a project; what this session had open there before ends."""
    if not standing_of(by, project).may("view"):
        raise NotAllowed("Only people on this project open its pages.")
    secret, now = new_secret(), timezone.now()
    PageVisit.objects.filter(opened_at__lte=now - LASTS).delete()
    PageVisit.objects.update_or_create(
        session_key=session_key,
        defaults={
            "project": project,
            "user": by,
            "secret_hash": hash_secret(secret),
            "entered": False,
            "opened_at": now,
        },
    )
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.page_opened",
        subject=project,
        data={"slug": project.slug},
    )
    return _signer.sign(secret)


def enter(ticket: str, *, slug: str) -> str | None:
    """The cookie's secret for a ticket; None for one that is forged, too old, another project's, or used."""
    try:
        before = _signer.unsign(ticket, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    secret = new_secret()
    # One statement: of two that come with the same ticket, one finds it.
    found = PageVisit.objects.filter(secret_hash=hash_secret(before), entered=False, project__slug=slug)
    return secret if found.update(secret_hash=hash_secret(secret), entered=True) else None


def visitor_of(secret: str, *, slug: str) -> Visitor | None:
    """Who stands behind a cookie at this project, read now; None once visit, session or right has ended."""
    if not secret or len(secret) > 100:
        return None
    visit = (
        PageVisit.objects.select_related("project__organization", "user")
        .filter(secret_hash=hash_secret(secret), entered=True, project__slug=slug)
        .filter(opened_at__gt=timezone.now() - LASTS)
        .first()
    )
    if visit is None or not _is_signed_in(visit):
        return None
    rights = rights_now(visit.user, visit.project)
    return Visitor(visit.project, visit.user, rights) if rights else None


def _is_signed_in(visit: PageVisit) -> bool:
    """Whether the session that opened the page is still this person's, as the main host would judge it."""
    request = HttpRequest()
    request.session = SessionStore(visit.session_key)
    return get_user(request) == visit.user
