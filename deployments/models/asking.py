"""Files that people have answered row by row."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import User
from deployments.models.registry import Deployment


class Batch(models.Model):
    """A table that somebody handed in, and the answers to its rows; both go with the kept samples."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="batches")
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    # The table until it is answered; then the table with its answers.
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    # Of the rows, how many could not be answered, and how many the fallback answered.
    bad = models.PositiveIntegerField(default=0)
    fallbacks = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.rows} rows for {self.deployment}"
