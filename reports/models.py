"""What reports keep: each PDF that was made, and when a person last stood at the desk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Report(models.Model):
    """One PDF. The same input makes the same bytes, so it is kept once per hash of its input."""

    class Paper(models.TextChoices):
        A4 = "A4", "A4"
        LETTER = "Letter", "Letter"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="reports"
    )
    kind = models.CharField(max_length=20)
    # The result, plan or charter revision that it tells of; each kind knows where to look.
    subject_id = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    paper = models.CharField(max_length=6, choices=Paper.choices, default=Paper.A4)
    input_hash = models.CharField(max_length=64)
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "subject_id", "input_hash"], name="reports_made_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "-created_at"], name="reports_latest")]

    def __str__(self) -> str:
        return self.title


class DeskVisit(models.Model):
    """When a person was last at the desk of an organization, so that it can say what changed since."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    # The visit that goes on now, and the end of the one before it.
    last_seen_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="reports_visit_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at the desk"


class ArchiveLimit(models.Model):
    """How many megabytes of what runs left an archive of this organization holds."""

    organization = models.OneToOneField(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    megabytes = models.PositiveIntegerField(default=500)

    def __str__(self) -> str:
        return f"{self.megabytes} MB"


class ProjectArchive(models.Model):
    """The last archive that was made of a project. Its file holds names: erasing somebody removes it."""

    project = models.OneToOneField(
        "projects.Project", on_delete=models.CASCADE, related_name="archive", primary_key=True
    )
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Archive of {self.project}"
