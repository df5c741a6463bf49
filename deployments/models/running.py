"""Desired and present state of what the supervisor keeps: releases, replicas, builds, and its lease."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from deployments.models.registry import Deployment, Environment, Waiver
from deployments.release.lifecycle import State

STATE_CHOICES = [(state.value, state.words) for state in State]


class Release(models.Model):
    """One version of a model on its way to a deployment, serving there, or gone again.

    `state` moves as deployments/release/lifecycle.py allows, `weight` is its share of the traffic in percent.
    """

    class Kind(models.TextChoices):
        DEPLOY = "deploy", "Deployed"
        ROLL_BACK = "roll_back", "Rolled back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DEPLOY)
    model = models.CharField(max_length=250)
    version = models.PositiveIntegerField()
    model_id = models.CharField(max_length=64, blank=True)
    run = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=STATE_CHOICES, default=State.WAITING)
    weight = models.PositiveSmallIntegerField(default=0)
    # The share that it begins with; 100 takes all of it once it is ready.
    begin_weight = models.PositiveSmallIntegerField(default=100)
    # When a canary is taken back: {"error_share", "p95_ms", "min_requests"}; empty for none.
    guard = models.JSONField(default=dict, blank=True)
    step = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)
    # The list of the gate as it stood: [{"key", "words", "holds", "why", "waived"}].
    gate = models.JSONField(default=list)
    waiver = models.ForeignKey(
        Waiver, on_delete=models.SET_NULL, null=True, blank=True, related_name="releases"
    )
    why = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_name = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    live_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Of the model's files and of its requirements.
    files_sha256 = models.CharField(max_length=64, blank=True)
    build = models.ForeignKey(
        "deployments.Build", on_delete=models.SET_NULL, null=True, blank=True, related_name="releases"
    )
    # As MLflow keeps it: {"inputs": [{"name", "type", "required"}], "outputs": […]}.
    signature = models.JSONField(default=dict)

    class Meta:
        ordering = ["deployment", "-number"]
        indexes = [models.Index(fields=["state"], name="deployments_release_open")]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "number"], name="deployments_release_once"),
            models.CheckConstraint(condition=Q(weight__lte=100), name="deployments_weight_at_most_all"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="deployments_release_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} version {self.version}"

    @property
    def label(self) -> str:
        """How readings and candidates name this version."""
        return f"{self.model}/{self.version}"


class Replica(models.Model):
    """One process that answers for a release. `address` is `unix:PATH` or an http address."""

    class State(models.TextChoices):
        STARTING = "starting", "Starting"
        READY = "ready", "Answers"
        DRAINING = "draining", "Ends its last answers"
        GONE = "gone", "Gone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="replicas")
    number = models.PositiveSmallIntegerField()
    # Where it was started: the environment may be told another driver while it runs.
    driver = models.CharField(
        max_length=8, choices=Environment.Driver.choices, default=Environment.Driver.LOCAL
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.STARTING)
    address = models.CharField(max_length=300, blank=True)
    # What the driver needs to find it again: process number and start time, or the name in the cluster.
    handle = models.JSONField(default=dict)
    restarts = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    rss_mb = models.FloatField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["release", "number", "started_at"]
        indexes = [models.Index(fields=["state"], name="deployments_replica_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["starting", "ready", "draining", "gone"]),
                name="deployments_replica_state",
            ),
        ]

    def __str__(self) -> str:
        return f"Replica {self.number} of {self.release}"


class Build(models.Model):
    """An environment of packages, made once for a set of requirements and used by all that need it."""

    class State(models.TextChoices):
        BUILDING = "building", "Being built"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    # SHA-256 of the normalized requirements, the Python version and the platform.
    key = models.CharField(max_length=64, primary_key=True)
    requirements = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    message = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["building", "ready", "failed"]), name="deployments_build_state"
            ),
        ]

    def __str__(self) -> str:
        return self.key[:12]


class Lease(models.Model):
    """Who may move replicas now: one supervisor at a time, for as long as it renews."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()
    # One higher with each taking, so that one who was stalled sees that it has passed on.
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
