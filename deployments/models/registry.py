"""Environments, deployments in them, and what may be deployed: reference samples and waivers."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Organization, User
from projects.models import Project


class Environment(models.Model):
    """A place of the organization where models answer, with its driver, its limits and its rules."""

    class Driver(models.TextChoices):
        LOCAL = "local", "This machine"
        RAY = "ray", "Ray Serve"

    class Policy(models.TextChoices):
        """What happens while a check of the gate does not hold."""

        BLOCK = "block", "Refuse unless waived"
        WARN = "warn", "Deploy after a warning"
        RECORD = "record", "Deploy and note it"

    class Deployers(models.TextChoices):
        CONTRIBUTORS = "contribute", "Everybody who works on the project"
        LEADS = "lead", "Leads of the project"
        MANAGERS = "manage", "Owners and facilitators of the organization"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=40)
    purpose = models.CharField(max_length=300, blank=True)
    driver = models.CharField(max_length=8, choices=Driver.choices, default=Driver.LOCAL)
    policy = models.CharField(max_length=8, choices=Policy.choices, default=Policy.BLOCK)
    wants_verified = models.BooleanField(default=False)
    deployers = models.CharField(max_length=12, choices=Deployers.choices, default=Deployers.LEADS)
    replicas = models.PositiveSmallIntegerField(default=1)
    # Of one replica, in MiB; requests at once and the time for one answer are its limits too.
    memory_mb = models.PositiveIntegerField(default=1024)
    at_once = models.PositiveSmallIntegerField(default=8)
    timeout_ms = models.PositiveIntegerField(default=5000)
    keeps_samples = models.BooleanField(default=True)
    sample_days = models.PositiveSmallIntegerField(default=30)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="deployments_environment_once"),
            models.CheckConstraint(condition=Q(driver__in=["local", "ray"]), name="deployments_driver_known"),
            models.CheckConstraint(
                condition=Q(policy__in=["block", "warn", "record"]), name="deployments_policy_known"
            ),
            models.CheckConstraint(
                condition=Q(deployers__in=["contribute", "lead", "manage"]),
                name="deployments_deployers_known",
            ),
            models.CheckConstraint(
                condition=Q(replicas__gte=1, replicas__lte=8), name="deployments_replicas_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Deployment(models.Model):
    """An endpoint: one name in one environment, behind which releases follow each other.

    What runs elsewhere is registered with its own address, so that the registry is complete.
    """

    class Kind(models.TextChoices):
        SERVED = "served", "Served here"
        EXTERNAL = "external", "Runs elsewhere"

    class Fallback(models.TextChoices):
        """What the gateway answers when the model cannot."""

        REFUSE = "refuse", "Refuse with an error"
        CONSTANT = "constant", "A constant answer"
        PREVIOUS = "previous", "The previous version"

    class Wanted(models.TextChoices):
        RUNNING = "running", "Running"
        # Nothing runs; the gateway answers with the fallback.
        STOPPED = "stopped", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="deployments")
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, blank=True, related_name="deployments"
    )
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SERVED)
    # The last part of its address: /serve/<project>/<name>/invocations
    name = models.SlugField(max_length=40)
    title = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = models.CharField(max_length=300, blank=True)
    deputy_name = models.CharField(max_length=300, blank=True)
    # Of what runs elsewhere.
    endpoint = models.CharField(max_length=500, blank=True)
    vendor = models.CharField(max_length=300, blank=True)
    external_version = models.CharField(max_length=60, blank=True)
    since = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    fallback = models.CharField(max_length=8, choices=Fallback.choices, default=Fallback.REFUSE)
    # The constant, as the value of "predictions" for one row.
    fallback_value = models.JSONField(null=True, blank=True)
    # The fallback in words, as the charter has it.
    fallback_words = models.TextField(blank=True)
    rehearsed_on = models.DateField(null=True, blank=True)
    wanted = models.CharField(max_length=7, choices=Wanted.choices, default=Wanted.RUNNING)
    # The version before, where it was its fallback when drift stopped it: it stays up and answers instead.
    kept = models.ForeignKey(
        "deployments.Release", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Its own rule for sampled inputs; columns that are never kept.
    keeps_samples = models.BooleanField(default=True)
    sample_days = models.PositiveSmallIntegerField(default=30)
    masked = models.JSONField(default=list, blank=True)
    # Where alerts begin: milliseconds at the 95th percentile, share of errors, PSI, share of missing values.
    latency_limit_ms = models.PositiveIntegerField(null=True, blank=True)
    error_limit = models.FloatField(default=0.01)
    drift_limit = models.FloatField(default=0.2)
    missing_limit = models.FloatField(default=0.1)
    # An acknowledged or repeated alert is not told again for so long.
    quiet_minutes = models.PositiveIntegerField(default=240)
    # Whether drift over the limit stops the model, so that the fallback answers.
    stops_on_drift = models.BooleanField(default=False)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # Moves with everything that the gateway must know; gateways read again what is newer.
    changed_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["title", "pk"]
        indexes = [
            models.Index(fields=["organization", "archived_at"], name="deployments_dep_of_org"),
            models.Index(fields=["changed_at"], name="deployments_dep_changed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=Q(archived_at=None) & ~Q(project=None),
                name="deployments_name_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["served", "external"]), name="deployments_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="served") | ~Q(project=None), name="deployments_served_has_project"
            ),
            models.CheckConstraint(
                condition=Q(fallback__in=["refuse", "constant", "previous"]),
                name="deployments_fallback_known",
            ),
            models.CheckConstraint(
                condition=Q(wanted__in=["running", "stopped"]), name="deployments_wanted_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_external(self) -> bool:
        return self.kind == self.Kind.EXTERNAL


class Reference(models.Model):
    """Rows that the model learned from, to hold live inputs against. The newest of a version counts."""

    class Source(models.TextChoices):
        UPLOAD = "upload", "Uploaded"
        CLIENT = "client", "Stored by the client"
        GATEWAY = "gateway", "Sampled by the gateway"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="references")
    model = models.CharField(max_length=250)
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=8, choices=Source.choices)
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    # What drift is measured against, by column; see deployments/profile.py.
    profile = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["project", "model", "version"], name="deployments_reference_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["upload", "client", "gateway"]), name="deployments_reference_source"
            ),
        ]

    def __str__(self) -> str:
        return f"Reference of {self.model} version {self.version}"


class Waiver(models.Model):
    """Checks of the gate that two people let pass for one version in one environment, until a day.

    It counts once the outcome owner and another person have signed, each with a fresh sign-in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="waivers")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="waivers")
    model = models.CharField(max_length=250)
    version = models.PositiveIntegerField()
    # Keys of the checks, as deployments/release/gate.py names them.
    checks = models.JSONField(default=list)
    reason = models.TextField()
    ends_on = models.DateField()
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_name = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = models.CharField(max_length=300, blank=True)
    owner_signed_at = models.DateTimeField(null=True, blank=True)
    second = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    second_name = models.CharField(max_length=300, blank=True)
    second_signed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="deployments_waiver_has_reason"),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(second=None) | ~Q(owner=F("second")),
                name="deployments_waiver_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"Waiver for {self.model} version {self.version}"

    def holds(self, today: dt.date) -> bool:
        """Whether both have signed, nobody withdrew it and its last day has not passed."""
        signed = self.owner_signed_at is not None and self.second_signed_at is not None
        return signed and self.withdrawn_at is None and today <= self.ends_on


class Change(models.Model):
    """What happened to a deployment: who did what, when and why. Never changed, told newest first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="changes")
    release = models.ForeignKey(
        "deployments.Release", on_delete=models.SET_NULL, null=True, blank=True, related_name="changes"
    )
    kind = models.CharField(max_length=30)
    words = models.CharField(max_length=300)
    why = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["deployment", "-at"], name="deployments_change_age")]

    def __str__(self) -> str:
        return self.words
