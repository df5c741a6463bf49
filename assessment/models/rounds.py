"""A round: the questionnaire it asks, the people it asks, and how far it is."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Organization, Unit


class QuestionnaireVersion(models.Model):
    """A published questionnaire. Its content never changes; without organization it is the standard one."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="questionnaires"
    )
    key = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "version"],
                condition=Q(organization__isnull=True),
                name="assessment_standard_version_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "key", "version"], name="assessment_own_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Assessment(models.Model):
    """One round: draft > open > review > closed. It keeps the questionnaire it was opened with."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        REVIEW = "review", "In review"
        CLOSED = "closed", "Closed"

    class Visibility(models.TextChoices):
        NAMED = "named", "Named"
        CONFIDENTIAL = "confidential", "Confidential"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="assessments")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="assessments"
    )
    title = models.CharField(max_length=120)
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="assessments"
    )
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.NAMED)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    target_phase = models.PositiveSmallIntegerField(default=2)
    target_date = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="facilitated_assessments"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    review_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organization", "-closed_at"], name="assessment_latest_closed")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "open", "review", "closed"]), name="assessment_state_known"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=["named", "confidential"]), name="assessment_visibility_known"
            ),
            models.CheckConstraint(
                condition=Q(target_phase__gte=2, target_phase__lte=9), name="assessment_target_phase_range"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False), name="assessment_closed_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_confidential(self) -> bool:
        return self.visibility == self.Visibility.CONFIDENTIAL


class Respondent(models.Model):
    """One person in one round, with the hat the person answers with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="respondents")
    name = models.CharField(max_length=150, blank=True)
    address = models.EmailField(blank=True)
    function = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="respondents"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    invited_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    last_saved_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # Each save updates this row where the flag stands, so that locking a round waits for saves under way
    # and no later one gets in; the state of the round alone could be read just before it changes.
    accepts_answers = models.BooleanField(default=False)

    class Meta:
        ordering = ["function", "name", "address"]
        constraints = [
            models.UniqueConstraint(
                "assessment",
                Lower("address"),
                condition=~Q(address=""),
                name="assessment_respondent_address_once",
            ),
            models.UniqueConstraint(
                fields=["assessment", "user"],
                condition=Q(user__isnull=False),
                name="assessment_respondent_user_once",
            ),
            models.CheckConstraint(
                condition=~(Q(name="") & Q(address="")), name="assessment_respondent_has_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.address

    @property
    def progress(self) -> str:
        """One of not_invited, invited, started, submitted."""
        if self.submitted_at:
            return "submitted"
        if self.started_at:
            return "started"
        return "invited" if self.invited_at else "not_invited"
