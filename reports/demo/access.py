"""Which organization is the demo, and who of it may be entered without a password."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import AuditEvent, Membership, Organization, User
from ui.errors import NotFound

LOADED = "demo.loaded"


def find_demo() -> Organization | None:
    """The organization whose audit log says that the loader made it, while it is not archived."""
    ids = [UUID(found) for found in _marks().values_list("subject_id", flat=True)]
    return Organization.objects.filter(pk__in=ids, archived_at=None).order_by("-created_at").first()


def _marks() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(subject_type=Organization._meta.label_lower, event=LOADED)


def day_zero_of(organization: Organization) -> dt.date:
    """The day on which the story of this demo ends."""
    mark = _marks().get(subject_id=str(organization.pk))
    return dt.date.fromisoformat(mark.data["anchor"])


def demo_url() -> str:
    """The address of the demo's door; empty where there is no demo."""
    return reverse("demo:choose") if settings.DEMO and find_demo() is not None else ""


def get_demo() -> Organization:
    """The demo for its own pages. Without the setting, or without a demo, they do not exist."""
    organization = find_demo() if settings.DEMO else None
    if organization is None:
        raise NotFound
    return organization


def people_of_demo(organization: Organization) -> list[Membership]:
    """The members that the loader made and that belong nowhere else; never the account of a visitor."""
    mark = _marks().get(subject_id=str(organization.pk))
    made_here = Membership.objects.filter(
        organization=organization, user_id__in=mark.data["people"], user__is_active=True
    )
    elsewhere = Membership.objects.exclude(organization=organization).values("user_id")
    return list(made_here.exclude(user_id__in=elsewhere).select_related("user", "unit"))


def get_demo_person(organization: Organization, pk: UUID) -> User:
    """One of the people of the story, for entering as that person."""
    for membership in people_of_demo(organization):
        if membership.user_id == pk:
            return membership.user
    raise NotFound
