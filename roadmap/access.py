"""The one door to a plan, to a request for one, and to an initiative."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.access import require
from accounts.models import Membership, Organization
from roadmap.catalogue import Initiative
from roadmap.models import OwnInitiative, Plan, PlanRequest
from roadmap.queries import catalogue_of
from ui.errors import NotFound


def get_plan(user: Any, pk: UUID | str, *, need: str = "view") -> Plan:
    """The plan, for members of its organization; NotFound for strangers, NotAllowed without the right."""
    return get_plan_and_membership(user, pk, need=need)[0]


def get_plan_and_membership(user: Any, pk: UUID | str, *, need: str = "view") -> tuple[Plan, Membership]:
    found = (
        Plan.objects.select_related("organization", "result__assessment", "based_on", "created_by")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound
    return found, require(user, found.organization, need)


def get_request(user: Any, pk: UUID | str) -> PlanRequest:
    """A request for a plan, for members of its organization."""
    found = PlanRequest.objects.select_related("organization", "job", "plan").filter(pk=pk).first()
    if found is None:
        raise NotFound
    require(user, found.organization, "view")
    return found


def get_initiative(organization: Organization, key: str) -> Initiative:
    """An initiative of the catalogue of an organization that the caller has already been let into."""
    found = catalogue_of(organization).by_key.get(key)
    if found is None:
        raise NotFound
    return found


def get_own_initiative(organization: Organization, key: str) -> OwnInitiative:
    """An own initiative of an organization that the caller has already been let into."""
    found = OwnInitiative.objects.filter(organization=organization, key=key, archived_at=None).first()
    if found is None:
        raise NotFound
    found.organization = organization
    return found
