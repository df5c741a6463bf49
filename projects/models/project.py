"""Projects, who is on them, and how they stand."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, User
from charters.models import Charter
from roadmap.use_case_models import UseCase

WEEKDAYS = [(0, "Monday"), (1, "Tuesday"), (2, "Wednesday"), (3, "Thursday"), (4, "Friday")]


class Project(models.Model):
    """Tracked work for one charter or one initiative. `slug` names it in addresses and to MLflow."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=300)
    purpose = models.TextField(blank=True)
    charter = models.OneToOneField(
        Charter, on_delete=models.PROTECT, null=True, blank=True, related_name="project"
    )
    use_case = models.ForeignKey(
        UseCase, on_delete=models.PROTECT, null=True, blank=True, related_name="projects"
    )
    # The key of the initiative in the catalogue or of the organization's own.
    initiative = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    sponsor_name = models.CharField(max_length=300, blank=True)
    sponsor_email = models.EmailField(blank=True)
    checkin_day = models.PositiveSmallIntegerField(choices=WEEKDAYS, default=4)
    # Working days after which an unanswered ask goes to the sponsor.
    escalate_after = models.PositiveSmallIntegerField(default=5)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["organization", "state"], name="projects_of_organization")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "closed"]), name="projects_state_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="projects_end_after_start",
            ),
            models.CheckConstraint(condition=Q(checkin_day__lte=4), name="projects_checkin_on_workday"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_late(self, today: dt.date) -> bool:
        """Whether its last day has passed and nobody has closed it."""
        return self.state != self.State.CLOSED and self.ends_on is not None and self.ends_on < today


class ProjectMember(models.Model):
    """Somebody on a project, with a share of a full week in percent. `seat` is theirs in the charter."""

    class Role(models.TextChoices):
        LEAD = "lead", "Lead"
        CONTRIBUTOR = "contributor", "Contributor"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=300)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.CONTRIBUTOR)
    works_as = models.CharField(max_length=120, blank=True)
    seat = models.CharField(max_length=44, blank=True)
    share = models.PositiveSmallIntegerField(null=True, blank=True)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "email"],
                condition=Q(left_at=None) & ~Q(email=""),
                name="projects_member_once",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["lead", "contributor", "viewer"]), name="projects_role_known"
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__lte=100), name="projects_share_at_most_all"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """When a project stood still: from the day it was paused or closed until it was taken up again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pauses")
    began_on = models.DateField()
    # The first day on which it went on; None while it stands still.
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["began_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(ended_on=None), name="projects_one_open_pause"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("began_on")),
                name="projects_pause_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} from {self.began_on}"


class CheckIn(models.Model):
    """How a project stood in one week: asked for on the agreed day, answered in one screen, or missing."""

    class Health(models.TextChoices):
        GREEN = "green", "On track"
        AMBER = "amber", "At risk"
        RED = "red", "Off track"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="checkins")
    # The Monday of the week.
    week = models.DateField()
    asked_at = models.DateTimeField(null=True, blank=True)
    health = models.CharField(max_length=5, choices=Health.choices, blank=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["project", "week"]
        constraints = [
            models.UniqueConstraint(fields=["project", "week"], name="projects_one_checkin_a_week"),
            models.CheckConstraint(
                condition=Q(health__in=["", "green", "amber", "red"]), name="projects_health_known"
            ),
            models.CheckConstraint(
                condition=~Q(health__in=["amber", "red"]) | ~Q(reason=""), name="projects_trouble_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.week}: {self.health or 'missing'}"


class Ask(models.Model):
    """Somebody is waited for, since a day. A blocking ask stops the clock of the time box."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="asks")
    what = models.CharField(max_length=300)
    why = models.TextField(blank=True)
    of_name = models.CharField(max_length=300)
    of_email = models.EmailField(blank=True)
    department = models.CharField(max_length=120, blank=True)
    blocks = models.BooleanField(default=True)
    since = models.DateField()
    needed_by = models.DateField(null=True, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    escalated_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since", "pk"]
        indexes = [models.Index(fields=["project", "answered_at"], name="projects_asks")]
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="projects_ask_has_words"),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(withdrawn_at=None), name="projects_ask_ends_once"
            ),
        ]

    def __str__(self) -> str:
        return self.what
