"""How much of what runs left goes into the archives of an organization."""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from accounts.models import Organization, User
from reports.models import ArchiveLimit
from ui.errors import Invalid

MOST = 20_000


def megabytes_of(organization: Organization) -> int:
    found = ArchiveLimit.objects.filter(organization=organization).first()
    return (found or ArchiveLimit()).megabytes


@transaction.atomic
def set_limit(organization: Organization, megabytes: int, *, by: User) -> None:
    """From the next archive on, files of runs are copied up to so many megabytes."""
    if not 0 <= megabytes <= MOST:
        raise Invalid("This limit is not allowed.", fields={"megabytes": [f"From 0 to {MOST}."]})
    ArchiveLimit.objects.update_or_create(organization=organization, defaults={"megabytes": megabytes})
    audit.record(
        organization=organization,
        actor=by,
        event="archives.limited",
        subject=organization,
        data={"megabytes": megabytes},
    )
