"""The one door to a round and to one's own answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts import links
from accounts.access import get_membership, require
from accounts.models import Membership, User
from assessment.models import Assessment, Respondent
from ui.errors import Conflict, NotFound

ANSWER = "answer"


def get_assessment(user: Any, pk: UUID | str, *, need: str = "view") -> Assessment:
    """The round, for members of its organization; NotFound for strangers, NotAllowed without the right."""
    return get_assessment_and_membership(user, pk, need=need)[0]


def get_assessment_and_membership(
    user: Any, pk: UUID | str, *, need: str = "view"
) -> tuple[Assessment, Membership]:
    assessment = Assessment.objects.select_related("organization", "unit").filter(pk=pk).first()
    if assessment is None:
        raise NotFound
    return assessment, require(user, assessment.organization, need)


def get_respondent_in(assessment: Assessment, pk: UUID | str) -> Respondent:
    """Somebody asked in a round that the caller has already been let into."""
    respondent = Respondent.objects.filter(pk=pk, assessment=assessment).first()
    if respondent is None:
        raise NotFound
    respondent.assessment = assessment
    return respondent


def get_own_respondent(request: HttpRequest, pk: UUID) -> Respondent:
    """The respondent of this visitor: by a personal link that still holds, or by the person's own account."""
    found = Respondent.objects.select_related("assessment__organization").filter(pk=pk).first()
    if found is None:
        raise NotFound
    organization = found.assessment.organization
    by_link = links.kept_somewhere(request) and links.current(request, ANSWER, found) is not None
    if not by_link:
        own = found.user_id is not None and found.user_id == request.user.pk
        if not own or get_membership(request.user, organization) is None:
            raise NotFound
    if organization.archived_at and request.method != "GET":
        raise Conflict(f"{organization.name} is archived. Nothing can be changed until it is restored.")
    return found


def get_workshop(request: HttpRequest, pk: UUID) -> Assessment:
    """The round whose workshop link the visitor holds."""
    assessment = Assessment.objects.select_related("organization").filter(pk=pk).first()
    if assessment is None or links.current(request, ANSWER, assessment) is None:
        raise NotFound
    return assessment


def sees_names(membership: Membership, assessment: Assessment) -> bool:
    """Named rounds show people to the facilitator and the owner; confidential rounds to nobody."""
    return not assessment.is_confidential and membership.role in ("owner", "facilitator")


def account_of(request: HttpRequest) -> User | None:
    """Who acts, for the audit log: the signed-in person, or None for a visitor by link."""
    return request.user if isinstance(request.user, User) else None
