"""Frozen results of closed rounds, and what later stages observed."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import Organization
from assessment.models.rounds import Assessment


class Result(models.Model):
    """A closed round as it was computed: canonical JSON that never changes. Re-opening makes a new one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField()
    canonical = models.TextField()
    inputs_hash = models.CharField(max_length=64)
    result_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="assessment_result_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.assessment}, result {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A result is frozen; re-open its round to compute a new one.")
        super().save(*args, **kwargs)

    @cached_property
    def content(self) -> dict[str, Any]:
        """What was frozen, read once per object; for reading alone."""
        value: dict[str, Any] = json.loads(self.canonical)
        return value

    @property
    def short_hash(self) -> str:
        return f"{self.result_hash[:4]}…{self.result_hash[-4:]}"


class Observation(models.Model):
    """Something a later stage saw, for the next round: what is claimed can be held against it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="observations")
    kind = models.CharField(max_length=60)
    item = models.CharField(max_length=120, blank=True)
    sentence = models.CharField(max_length=400)
    value = models.JSONField(null=True, blank=True)
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    observed_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-observed_at"]
        indexes = [models.Index(fields=["organization", "-observed_at"], name="assessment_observed_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "subject_type", "subject_id"],
                condition=~models.Q(subject_id=""),
                name="assessment_observation_subject_once",
            )
        ]

    def __str__(self) -> str:
        return self.sentence
