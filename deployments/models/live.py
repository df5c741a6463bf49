"""What was seen of a deployment while it answered: figures, sampled rows, truth, drift, alerts."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from deployments.models.registry import Deployment, Reference
from deployments.models.running import Release
from ui.words import listed


class Bucket(models.Model):
    """Requests of a minute, an hour or a day, by release; its histograms: deployments/watch/figures.py.

    `release_number` is 0 for answers that no release gave. Simulated figures never mix with real ones.
    """

    id = models.BigAutoField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="buckets")
    release_number = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField()
    start = models.DateTimeField()
    simulated = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    # By class: {"timeout": 2, "overload": 1, "model": 3, "refused": 4}.
    errors = models.JSONField(default=dict)
    fallbacks = models.PositiveIntegerField(default=0)
    # Counts by bound of latency, and by bin or category of the prediction.
    latency = models.JSONField(default=list)
    outputs = models.JSONField(default=dict)

    class Meta:
        ordering = ["start"]
        indexes = [models.Index(fields=["seconds", "start"], name="deployments_bucket_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "seconds", "start", "release_number", "simulated"],
                name="deployments_bucket_once",
            ),
            models.CheckConstraint(
                condition=Q(seconds__in=[60, 3600, 86400]), name="deployments_bucket_sizes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deployment} {self.start} {self.seconds} s"


class ResourceUse(models.Model):
    """Memory and processor time of all replicas of a deployment in one minute."""

    id = models.BigAutoField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="uses")
    start = models.DateTimeField()
    rss_mb = models.FloatField()
    cpu_seconds = models.FloatField()
    ready = models.PositiveSmallIntegerField()
    wanted = models.PositiveSmallIntegerField()
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "start", "simulated"], name="deployments_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.deployment} {self.start}"


class Sample(models.Model):
    """One asked row and its answer, of a reservoir; `row` is empty where inputs are not kept."""

    id = models.BigAutoField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="samples")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, null=True, related_name="samples")
    request_id = models.CharField(max_length=40)
    at = models.DateTimeField()
    row = models.JSONField(null=True)
    output = models.JSONField(null=True)
    fallback = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["deployment", "at"], name="deployments_sample_age"),
            models.Index(fields=["deployment", "request_id"], name="deployments_sample_by_id"),
        ]

    def __str__(self) -> str:
        return self.request_id


class Feedback(models.Model):
    """What turned out to be true for an answer, handed in later."""

    id = models.BigAutoField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="feedback")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, null=True, related_name="feedback")
    request_id = models.CharField(max_length=40)
    # When it was asked and when the truth came; the prediction is a copy, so that samples may go.
    asked_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)
    output = models.JSONField(null=True)
    truth = models.JSONField()
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["deployment", "asked_at"], name="deployments_feedback_age")]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "request_id"], name="deployments_truth_once"),
        ]

    def __str__(self) -> str:
        return self.request_id


class DriftReading(models.Model):
    """Live inputs of a window against the reference sample, by feature; see deployments/watch/drift.py."""

    id = models.BigAutoField(primary_key=True)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="drift")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, null=True, related_name="drift")
    reference = models.ForeignKey(Reference, on_delete=models.SET_NULL, null=True, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    rows = models.PositiveIntegerField()
    # {"feature": {"kind", "psi", "ks", "js", "missing", "missing_then", "rows", "why_not"}}
    features = models.JSONField(default=dict)
    psi_max = models.FloatField(null=True)
    psi_feature = models.CharField(max_length=250, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["end"]
        indexes = [models.Index(fields=["deployment", "end"], name="deployments_drift_age")]

    def __str__(self) -> str:
        return f"{self.deployment} {self.end}"


class Alert(models.Model):
    """Something passed a limit: since when, who was told, who took it. One open alert for one key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=12)
    # The version that it is about, where it is about one: what was measured of its inputs.
    release = models.ForeignKey(Release, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # What of the deployment: "errors", "drift", "criterion:<key>" …
    key = models.CharField(max_length=300)
    words = models.CharField(max_length=300)
    value = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    told = models.JSONField(default=list)
    told_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    taken_name = models.CharField(max_length=300, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "key"], condition=Q(closed_at=None), name="deployments_one_open_alert"
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def made_up(self) -> str:
        """What is said behind its words where it is simulated."""
        return " (simulated)" if self.simulated else ""

    @property
    def told_names(self) -> str:
        """Who was told the last time, to begin a sentence with: "Ann and Ida were"; empty for nobody."""
        last = self.told[-1]["at"] if self.told else ""
        names = [str(one["name"]) for one in self.told if one["at"] == last]
        return f"{listed(names)} {'was' if len(names) == 1 else 'were'}" if names else ""
