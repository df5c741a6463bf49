"""An organization's own questionnaire while it is being changed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Organization
from assessment.models.rounds import QuestionnaireVersion


class QuestionnaireDraft(models.Model):
    """The working copy of one questionnaire. It may be incomplete; publishing makes a version of it.

    The content has the form of `Questionnaire.to_dict`. The revision counts its saves from 1.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="questionnaire_drafts"
    )
    key = models.CharField(max_length=60)
    based_on = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="assessment_draft_once"),
            models.CheckConstraint(
                condition=models.Q(revision__gte=1), name="assessment_draft_revision_counts"
            ),
        ]

    def __str__(self) -> str:
        return str(self.content.get("title", self.key))
