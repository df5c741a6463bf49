"""The one door to a use case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.access import require
from accounts.models import Membership
from roadmap.use_case_models import UseCase
from ui.errors import NotFound


def get_use_case(user: Any, pk: UUID | str, *, need: str = "view") -> UseCase:
    """The use case, for members of its organization; NotFound for strangers."""
    return get_use_case_and_membership(user, pk, need=need)[0]


def get_use_case_and_membership(
    user: Any, pk: UUID | str, *, need: str = "view"
) -> tuple[UseCase, Membership]:
    found = UseCase.objects.select_related("organization", "unit", "updated_by").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found, require(user, found.organization, need)
