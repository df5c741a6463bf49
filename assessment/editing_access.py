"""The one door to drafts and versions of questionnaires."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts.access import current_membership, require
from accounts.models import Membership
from assessment.models import QuestionnaireDraft, QuestionnaireVersion
from ui.errors import NotFound


def get_draft(user: Any, pk: UUID) -> QuestionnaireDraft:
    """A draft, for those who manage its organization."""
    draft = QuestionnaireDraft.objects.select_related("organization", "changed_by").filter(pk=pk).first()
    if draft is None:
        raise NotFound
    require(user, draft.organization, "manage")
    return draft


def get_version(request: HttpRequest, pk: int) -> tuple[QuestionnaireVersion, Membership]:
    """A published version: a standard one for every member of any organization, others for their own."""
    version = QuestionnaireVersion.objects.select_related("organization").filter(pk=pk).first()
    if version is None:
        raise NotFound
    if version.organization is not None:
        return version, require(request.user, version.organization, "view")
    return version, current_membership(request)
