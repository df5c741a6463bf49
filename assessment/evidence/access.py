"""The one door to a data asset and to a person of the roster."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.access import require
from assessment.evidence.models import DataAsset, RosterPerson
from ui.errors import NotFound


def get_asset(user: Any, pk: UUID | str, *, need: str = "view") -> DataAsset:
    asset = DataAsset.objects.select_related("organization", "unit").filter(pk=pk).first()
    if asset is None:
        raise NotFound
    require(user, asset.organization, need)
    return asset


def get_roster_person(user: Any, pk: UUID | str, *, need: str = "view") -> RosterPerson:
    person = RosterPerson.objects.select_related("organization", "unit").filter(pk=pk).first()
    if person is None:
        raise NotFound
    require(user, person.organization, need)
    return person
