"""Evaluations that the product runs itself, on the file that a criterion names."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from projects.models import Project


class Evaluation(models.Model):
    """One version, measured by the product on one file in the sandbox; gives verified readings."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="evaluations")
    model = models.CharField(max_length=250)
    version = models.PositiveIntegerField()
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    # Of the files of the version as they were measured; what goes out later must be these.
    files_sha256 = models.CharField(max_length=64, blank=True)
    # What who asked chose of what the charter leaves open, empty where it is signed: the column of the truth,
    # the answer that counts as yes, and the chance from which on it is given (None: the model decides).
    target = models.CharField(max_length=250)
    positive = models.CharField(max_length=120, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    message = models.TextField(blank=True)
    # By criterion: {"key": {"metric", "slice", "value", "rows", "reported", "differs", "why_not",
    #   "terms": as it was measured, "signed" and "chosen": in words, by the charter and by who asked}}
    figures = models.JSONField(default=dict)
    # Slices on which the model fails: [{"words", "column", "value" or "low" and "high", "rows", "error"}]
    failures = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]),
                name="deployments_evaluation_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} version {self.version} on {self.sha256[:12]}"
