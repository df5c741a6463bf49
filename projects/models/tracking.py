"""What ties a project to its hosted tracking: tokens, the nominated candidate, and intents of writes."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from projects.models.project import Project


class ProjectToken(models.Model):
    """A key for programs that opens one project for one purpose; only its hash is kept."""

    class Scope(models.TextChoices):
        TRACKING = "tracking", "Tracking"
        SERVING = "serving", "Serving"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="project_tokens")
    scope = models.CharField(max_length=8, choices=Scope.choices)
    # The one deployment that a serving token opens; empty for all of the project.
    only = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["tracking", "serving"]), name="projects_token_scope_known"
            ),
            models.CheckConstraint(
                condition=Q(only="") | Q(scope="serving"), name="projects_token_only_for_serving"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class PageVisit(models.Model):
    """MLflow's own page of one project, opened from one session; opening another project takes its place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # The session that it ends with.
    session_key = models.CharField(max_length=40, unique=True)
    # Of the ticket until that is exchanged, then of the cookie.
    secret_hash = models.CharField(max_length=64, unique=True)
    entered = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"MLflow’s page of {self.project_id}"


class Candidate(models.Model):
    """The registered version that the lead nominates; verdicts are read for it alone. The last one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="candidates")
    model = models.CharField(max_length=250)
    version = models.PositiveIntegerField()
    model_id = models.CharField(max_length=64, blank=True)
    run = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    nominated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    nominated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-nominated_at"]
        indexes = [models.Index(fields=["project", "-nominated_at"], name="projects_candidates")]

    def __str__(self) -> str:
        return f"{self.model} version {self.version}"

    @property
    def label(self) -> str:
        """How readings name it."""
        return f"{self.model}/{self.version}"


class Intent(models.Model):
    """A write to the tracking server that is about to be forwarded; settled once its outcome is known."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="intents")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    # What the write is about: run, model, version, as far as the request tells.
    subject = models.JSONField(default=dict)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    status = models.PositiveSmallIntegerField(null=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]
        indexes = [
            models.Index(fields=["state", "handled_at", "made_at"], name="projects_intents_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "failed"]), name="projects_intent_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
