"""What people answered, every earlier version of it, and what the room agreed on."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from assessment.models.rounds import Assessment, Respondent
from jobs.models import StoredFile


class State(models.TextChoices):
    """`level` belongs to maturity items, `value` to all other kinds; `open` is an answer taken back."""

    LEVEL = "level", "A level"
    VALUE = "value", "A value"
    DONT_KNOW = "dont_know", "I don't know"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    OPEN = "open", "Open"


class Confidence(models.TextChoices):
    GUESS = "guess", "Guess"
    FAIRLY_SURE = "fairly_sure", "Fairly sure"
    CAN_SHOW = "can_show", "Can show it"


class AnswerFields(models.Model):
    """What an answer says; shared by the answer and its history."""

    state = models.CharField(max_length=14, choices=State.choices)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    value = models.JSONField(null=True, blank=True)
    confidence = models.CharField(max_length=12, choices=Confidence.choices, blank=True)
    comment = models.TextField(blank=True)
    would_know = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField()
    saved_at = models.DateTimeField()
    client_time = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Answer(AnswerFields):
    """The current answer of one respondent to one item. The revision counts its saves from 1."""

    respondent = models.ForeignKey(Respondent, on_delete=models.CASCADE, related_name="answers")
    item = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["respondent", "item"], name="assessment_answer_once"),
            models.CheckConstraint(
                condition=Q(state="level", level__isnull=False, level__lte=4)
                | (~Q(state="level") & Q(level__isnull=True)),
                name="assessment_answer_level_fits_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["level", "value", "dont_know", "not_applicable", "open"]),
                name="assessment_answer_state_known",
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="assessment_answer_revision_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.state}"


class AnswerHistory(AnswerFields):
    """Every version of an answer, in the order of its revisions."""

    respondent = models.ForeignKey(Respondent, on_delete=models.CASCADE, related_name="answer_history")
    item = models.CharField(max_length=120)

    class Meta:
        ordering = ["respondent", "item", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["respondent", "item", "revision"], name="assessment_history_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item}, revision {self.revision}"


class AnswerFile(models.Model):
    """A file that a respondent shows beside an answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    respondent = models.ForeignKey(Respondent, on_delete=models.CASCADE, related_name="files")
    item = models.CharField(max_length=120)
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.item}: {self.file}"


class Consensus(models.Model):
    """What the room agreed on for one item: it decides gates, never scores."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="consensus")
    item = models.CharField(max_length=120)
    level = models.PositiveSmallIntegerField()
    reason = models.TextField()
    who_differs = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item"], name="assessment_consensus_once"),
            models.CheckConstraint(condition=Q(level__lte=4), name="assessment_consensus_level_range"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: level {self.level}"
