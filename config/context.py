"""What every page knows: the organization, the person's way around, and the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.access import find_membership, memberships_of
from accounts.models import Membership
from accounts.permissions import allowed
from config.line import stations
from ui.shell import Link, Shell

BESIDE_THE_LINE = (
    ("Desk", "desk", "/"),
    ("Evidence", "evidence:assets", "/evidence/"),
    ("People", "accounts:people", "/people/"),
    ("Reports", "reports:list", "/reports/"),
    ("Audit", "accounts:audit", "/audit/"),
)


def page(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a page which shows no navigation pays for none."""
    return {
        "shell": SimpleLazyObject(lambda: _shell(request)),
        "line_stations": SimpleLazyObject(lambda: stations(request)),
    }


def _shell(request: HttpRequest) -> Shell:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Shell()
    membership = find_membership(request)
    organization = membership.organization if membership else None
    return Shell(
        organization=organization.name if organization else "",
        organizations=_others(request, membership),
        links=_links(request, membership) if membership else (),
        person=user.get_full_name(),
        person_links=(
            *_named((("Settings", "accounts:settings"),)),
            *_named((("Sign out", "account_logout"),), post=True),
        ),
        theme="" if user.theme == "system" else user.theme,
        language=(organization.language if organization else "en-us")[:2],
        time_zone=organization.time_zone if organization else "UTC",
    )


def _named(entries: Sequence[tuple[str, str]], *, post: bool = False) -> list[Link]:
    return [Link(name, reverse(view), post=post) for name, view in entries]


def _links(request: HttpRequest, membership: Membership) -> list[Link]:
    oversees = allowed(membership.role, "oversee", membership.organization.state)
    path = request.path
    return [
        Link(name, reverse(view), current=path == "/" if prefix == "/" else path.startswith(prefix))
        for name, view, prefix in BESIDE_THE_LINE
        if view != "accounts:audit" or oversees
    ]


def _others(request: HttpRequest, current: Membership | None) -> list[Link]:
    return [
        Link(other.organization.name, reverse("accounts:switch", args=[other.organization_id]), post=True)
        for other in memberships_of(request.user)
        if current is None or other.pk != current.pk
    ]
