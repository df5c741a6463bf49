"""Writing times, dates, numbers and money the way an organization does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from accounts.models import Organization
from ui import formats


def zone_of(organization: Organization) -> ZoneInfo:
    """The organization's time zone; UTC if this machine does not know it."""
    try:
        return ZoneInfo(organization.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@contextmanager
def as_in(organization: Organization | None) -> Iterator[None]:
    """Inside the block everything is written as this organization writes it; without one, nothing changes."""
    if organization is None:
        yield
        return
    with timezone.override(zone_of(organization)), formats.using(organization.formats()):
        yield
