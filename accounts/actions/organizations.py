"""Making, changing and archiving organizations and their units."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import slugify

from accounts import audit
from accounts.models import Function, Membership, Organization, Role, Unit, User
from ui.errors import Conflict, Invalid

SETTINGS = (
    "name",
    "currency",
    "time_zone",
    "date_format",
    "clock",
    "number_format",
    "language",
    "mail_sender_name",
    "mail_reply_to",
    "mail_footer",
)
# Addresses and names of people stay out of the log in clear.
PERSONAL_SETTINGS = ("mail_sender_name", "mail_reply_to")


def free_slug(name: str) -> str:
    """A short name for addresses and commands that no other organization has."""
    base = slugify(name)[:50] or "organization"
    taken = set(Organization.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    numbered = (f"{base}-{number}" for number in range(2, 1000))
    return next((slug for slug in numbered if slug not in taken), f"{base}-{secrets.token_hex(4)}")


@transaction.atomic
def create_organization(
    *, by: User, name: str, currency: str = "USD", time_zone: str = "UTC", functions: list[str] | None = None
) -> Organization:
    """A new organization with ``by`` as its owner."""
    if not name.strip():
        raise Invalid("An organization needs a name.", fields={"name": ["Enter a name."]})
    organization = Organization.objects.create(
        name=name.strip(), slug=free_slug(name), currency=currency, time_zone=time_zone
    )
    membership = Membership.objects.create(
        user=by, organization=organization, role=Role.OWNER, functions=known_functions(functions or [])
    )
    audit.record(
        organization=organization,
        actor=by,
        event="organization.created",
        subject=organization,
        data={
            "slug": organization.slug,
            "currency": currency,
            "time_zone": time_zone,
            "owner": membership.pk,
        },
    )
    audit.record(
        organization=None,
        actor=by,
        event="organization.created",
        subject=organization,
        data={"slug": organization.slug},
    )
    for path in settings.AFTER_FOUNDING:
        import_string(path)(organization)
    return organization


def known_functions(keys: list[str]) -> list[str]:
    """The functions in the product's order, each once; raises Invalid for one that does not exist."""
    unknown = sorted(set(keys) - set(Function.values))
    if unknown:
        raise Invalid(
            f"There is no function {', '.join(unknown)}.",
            fields={"functions": [f"Choose from: {', '.join(Function.values)}."]},
        )
    return [key for key in Function.values if key in keys]


@transaction.atomic
def update_organization(organization: Organization, *, by: User, **changes: Any) -> Organization:
    """Change settings; only what differs is written and logged."""
    current = Organization.objects.select_for_update().get(pk=organization.pk)
    different = {
        name: value for name, value in changes.items() if name in SETTINGS and getattr(current, name) != value
    }
    if not different:
        return current
    before = {name: getattr(current, name) for name in different}
    Organization.objects.filter(pk=current.pk).update(**different)
    audit.record(
        organization=current,
        actor=by,
        event="organization.changed",
        subject=current,
        data={
            "changed": sorted(different),
            "before": {name: value for name, value in before.items() if name not in PERSONAL_SETTINGS},
            "after": {name: value for name, value in different.items() if name not in PERSONAL_SETTINGS},
        },
        personal={name: value for name, value in different.items() if name in PERSONAL_SETTINGS} or None,
    )
    current.refresh_from_db()
    return current


@transaction.atomic
def archive_organization(organization: Organization, *, by: User) -> None:
    """Close an organization for changes; everything can still be read and it can be restored."""
    moved = Organization.objects.filter(pk=organization.pk, archived_at=None).update(
        archived_at=timezone.now()
    )
    if not moved:
        raise Conflict("This organization is archived already.")
    audit.record(
        organization=organization, actor=by, event="organization.archived", subject=organization, data={}
    )


@transaction.atomic
def restore_organization(organization: Organization, *, by: User) -> None:
    """Open an archived organization again."""
    moved = Organization.objects.filter(pk=organization.pk, archived_at__isnull=False).update(
        archived_at=None
    )
    if not moved:
        raise Conflict("This organization is not archived.")
    audit.record(
        organization=organization, actor=by, event="organization.restored", subject=organization, data={}
    )


@transaction.atomic
def add_unit(organization: Organization, *, by: User, name: str) -> Unit:
    """A new unit; its name is used once in an organization."""
    name = _unit_name(name)
    try:
        with transaction.atomic():
            unit = Unit.objects.create(organization=organization, name=name)
    except IntegrityError as error:
        raise _name_taken(name) from error
    audit.record(organization=organization, actor=by, event="unit.added", subject=unit, data={"name": name})
    return unit


@transaction.atomic
def rename_unit(unit: Unit, *, by: User, name: str) -> None:
    """Give a unit another name."""
    name, before = _unit_name(name), unit.name
    try:
        with transaction.atomic():
            moved = Unit.objects.filter(pk=unit.pk, name=before).update(name=name)
    except IntegrityError as error:
        raise _name_taken(name) from error
    if not moved:
        raise Conflict("Somebody else has changed this unit. Look at the list again.")
    audit.record(
        organization=unit.organization,
        actor=by,
        event="unit.renamed",
        subject=unit,
        data={"before": before, "after": name},
    )


@transaction.atomic
def remove_unit(unit: Unit, *, by: User) -> None:
    """Archive a unit: it is offered no longer, and what names it keeps its name."""
    moved = Unit.objects.filter(pk=unit.pk, archived_at=None).update(archived_at=timezone.now())
    if not moved:
        raise Conflict("This unit is archived already.")
    audit.record(
        organization=unit.organization,
        actor=by,
        event="unit.archived",
        subject=unit,
        data={"name": unit.name},
    )


def _unit_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120 or any(char < " " for char in name):
        rule = "Enter a name of at most 120 characters, without control characters."
        raise Invalid("A unit needs a name.", fields={"name": [rule]})
    return name


def _name_taken(name: str) -> Invalid:
    return Invalid(f"There is a unit {name} already.", fields={"name": ["Choose a name that is not in use."]})
