"""The daily work of a project: milestones, tasks, risks, decisions and papers."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from projects.models.project import Project, ProjectMember


class Milestone(models.Model):
    """Something that is there on a day. `deliverable` is its key in the charter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(max_length=300)
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    deliverable = models.CharField(max_length=44, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["due_on", "created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="projects_milestone_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_late(self) -> bool:
        """Whether its day has passed and it is not there."""
        return self.done_on is None and self.due_on is not None and self.due_on < timezone.localdate()


class Task(models.Model):
    """A card of the board. `place` orders the cards of a column; `version` counts the changes."""

    class Column(models.TextChoices):
        TODO = "todo", "To do"
        DOING = "doing", "In progress"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    column = models.CharField(max_length=8, choices=Column.choices, default=Column.TODO)
    place = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        ProjectMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks"
    )
    due_on = models.DateField(null=True, blank=True)
    milestone = models.ForeignKey(
        Milestone, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks"
    )
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place", "created_at", "pk"]
        indexes = [models.Index(fields=["project", "column", "place"], name="projects_board")]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="projects_task_has_title"),
            models.CheckConstraint(
                condition=Q(column__in=["todo", "doing", "done"]), name="projects_column_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Risk(models.Model):
    """What could go wrong, how likely and how bad (1 to 3), and what is done about it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="risks")
    title = models.CharField(max_length=300)
    response = models.TextField(blank=True)
    likelihood = models.PositiveSmallIntegerField(default=2)
    effect = models.PositiveSmallIntegerField(default=2)
    owner = models.ForeignKey(
        ProjectMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="risks"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-likelihood", "-effect", "created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(likelihood__in=[1, 2, 3], effect__in=[1, 2, 3]), name="projects_risk_one_to_three"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class LoggedDecision(models.Model):
    """What the project decided on a day, why, and who; never changed, only followed by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="decisions")
    decided = models.TextField()
    why = models.TextField(blank=True)
    decided_by = models.CharField(max_length=300, blank=True)
    decided_on = models.DateField()
    logged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    logged_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-decided_on", "-logged_at", "pk"]

    def __str__(self) -> str:
        return self.decided[:60]


class Paper(models.Model):
    """A document, a link or the minutes of a meeting that belongs to the project."""

    class Kind(models.TextChoices):
        DOCUMENT = "document", "Document"
        LINK = "link", "Link"
        MINUTES = "minutes", "Minutes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    title = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True)
    file = models.ForeignKey(
        "jobs.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True)
    held_on = models.DateField(null=True, blank=True)
    # Why a document is held back, empty for a quiet one; and who answers for it that was let through.
    held_because = models.CharField(max_length=300, blank=True)
    released_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["document", "link", "minutes"]), name="projects_paper_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_held(self) -> bool:
        """Whether it is kept but cannot be downloaded."""
        return bool(self.held_because) and self.released_at is None
