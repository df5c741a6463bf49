"""What a report is about, and the facts that every kind of report asks of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.localize import zone_of
from accounts.models import Membership, Organization, User
from ui.errors import NotFound


@dataclass(frozen=True)
class Subject:
    """What a report is about: its object, its name in lists, and when it came to be as it is."""

    organization: Organization
    id: str
    name: str
    at: datetime
    object: Any

    @property
    def day(self) -> date:
        """The day on the cover, in the organization's zone; never today, so that the bytes stay the same."""
        return self.at.astimezone(zone_of(self.organization)).date()


def as_uuid(text: str) -> UUID:
    """An id from an address; NotFound for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def people(organization: Organization, role: str) -> list[str]:
    """The members with a role, as "Name, role", by name."""
    rows = Membership.objects.select_related("user").filter(organization=organization, role=role)
    return sorted(f"{row.user.get_full_name()}, {role}" for row in rows)


def maker(user: User | None, role: str = "facilitator") -> list[str]:
    """Who made something, as a line of the cover; nobody where the account is gone."""
    return [f"{user.get_full_name()}, {role}"] if user else []
